/* SPDX-License-Identifier: MIT */
/* The manual page of the configuration file, from the table that reads it. */
#include <string.h>

#include "config/schema.h"
#include "config/settings.h"

/* Text in which roff must not find requests or hyphens. */
static void write_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'') {
		fputs("\\&", out);
	}
	for (; *text; text++) {
		if (*text == '-') {
			fputs("\\-", out);
		} else if (*text == '\\') {
			fputs("\\e", out);
		} else {
			fputc(*text, out);
		}
	}
}

static void write_key(FILE *out, const struct schema_key *key)
{
	fputs(".TP\n.BI \"", out);
	write_text(out, key->name);
	fputs(" = \" \"", out);
	write_text(out, key->form);
	fputs("\"\n", out);
	write_text(out, key->help);
	if (key->fallback && key->fallback[0]) {
		fputs("\nDefault:\n.BR \"", out);
		write_text(out, key->fallback);
		fputs("\" .", out);
	}
	fputc('\n', out);
}

static void write_section(FILE *out, const struct schema_section *section)
{
	fputs(".SH [", out);
	write_text(out, section->pattern);
	fputs("]\n", out);
	write_text(out, section->help);
	fputc('\n', out);
	if (section->object == SCHEMA_GUEST) {
		fputs("The keys are those of [guest].\n", out);
		return;
	}
	for (unsigned i = 0; i < section->n_keys; i++) {
		write_key(out, &section->keys[i]);
	}
}

void settings_write_manual(FILE *out)
{
	fputs(".TH VITRINE.CONF 5 \"\" \"vitrine " VITRINE_VERSION "\"\n"
	      ".SH NAME\nvitrine.conf \\- configuration of the display server vitrined\n"
	      ".SH SYNOPSIS\n.I " SETTINGS_DEFAULT_PATH "\n.br\n.I " SETTINGS_DEFAULT_PATH
	      ".d/*.conf\n"
	      ".SH DESCRIPTION\n"
	      "The file need not exist. Drop\\-ins are read after it, in the order of their names; what a later file says about "
	      "a key goes over what was said before. Within a file each key of a section is said once, unless it may be "
	      "repeated.\n.PP\n"
	      "Sections are\n.BR [NAME] ,\nkeys\n.BR \"KEY = VALUE\" .\nA line that begins with # or ; is a comment, and so is what "
	      "follows a blank and a semicolon. A line has at most 197 characters.\n.PP\n"
	      "Files and folder must belong to root or the server's user, and must not be writable by others.\n.PP\n"
	      ".B vitrined \\-\\-check\\-config\nsays what is wrong, with file, line, section and key, and ends with status 1 when "
	      "anything is. On SIGHUP the server reads all anew; a configuration with a mistake leaves the old one in force.\n",
	      out);
	for (unsigned i = 0; i < schema_n_sections; i++) {
		write_section(out, &schema_sections[i]);
	}
	fputs(".SH SEE ALSO\n.BR vitrined (8),\n.BR vitrinectl (1)\n", out);
}
