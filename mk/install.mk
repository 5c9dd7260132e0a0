# SPDX-License-Identifier: MIT
# Installing. Each entry is SOURCE:DIRECTORY:MODE; *.in files get the directories filled in.

install_dir_vitrined         := $(BINDIR)
install_dir_vitrinectl       := $(BINDIR)
install_dir_vitrine-broker   := $(SBINDIR)
install_dir_vitrine-pv       := $(LIBEXECDIR)
install_dir_vitrine-input-proxy := $(LIBEXECDIR)
install_dir_vitrine-auth     := $(LIBEXECDIR)
install_dir_vitrine-command  := $(LIBEXECDIR)
install_dir_pvfront          := $(LIBEXECDIR)
install_dir_vitrine-loopback := $(LIBEXECDIR)

UNITS := $(patsubst %.in,$(BUILD)/%,$(wildcard config/systemd/*.in))
# The configuration's page comes from the table that reads it.
MANUALS := $(patsubst %.in,$(BUILD)/%,$(wildcard docs/man/*.in)) $(BUILD)/docs/man/vitrine.conf.5
EXAMPLES := $(wildcard config/examples/*.conf)
all: $(UNITS) $(MANUALS)

INSTALLED := \
	$(foreach p,$(PROGRAMS),$(if $(install_dir_$(notdir $(p))),\
		$(p):$(install_dir_$(notdir $(p))):755)) \
	$(foreach u,$(UNITS) $(wildcard config/systemd/*.socket),$(u):$(UNITDIR):644) \
	config/pam.d/vitrine:$(PAMDIR):644 \
	$(foreach m,$(MANUALS),$(m):$(MANDIR)/man$(patsubst .%,%,$(suffix $(m))):644) \
	$(foreach e,$(EXAMPLES),$(e):$(DOCDIR)/examples:644) \
	tools/vitrinectl/completion/bash/vitrinectl:$(BASHDIR):644 \
	tools/vitrinectl/completion/zsh/_vitrinectl:$(ZSHDIR):644 \
	$(foreach f,$(wildcard config/dbus/*.conf),$(f):$(DBUSDIR):644) \
	$(foreach f,$(wildcard config/sysusers.d/*.conf),$(f):$(SYSUSERSDIR):644) \
	$(foreach f,$(wildcard config/tmpfiles.d/*.conf),$(f):$(TMPFILESDIR):644)

fill_in = sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@SBINDIR@|$(SBINDIR)|g' \
	-e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
	-e 's|@DOCDIR@|$(DOCDIR)|g' -e 's|@VERSION@|$(VERSION)|g'

$(BUILD)/config/%: config/%.in $(BUILD)/include/build-config.h
	$(call say,GEN,$@)mkdir -p $(@D) && $(fill_in) $< >$@

$(BUILD)/docs/man/vitrine.conf.5: $(BUILD)/bin/vitrined
	$(call say,GEN,$@)mkdir -p $(@D) && $< --manual >$@

$(BUILD)/docs/man/%: docs/man/%.in $(BUILD)/include/build-config.h
	$(call say,GEN,$@)mkdir -p $(@D) && $(fill_in) $< >$@

.PHONY: install uninstall
install: all $(foreach i,$(INSTALLED),$(call field,$(i),1))
	$(foreach i,$(INSTALLED),$(Q)install -D -m $(call field,$(i),3) $(call field,$(i),1) \
		'$(DESTDIR)$(call field,$(i),2)/$(notdir $(call field,$(i),1))'$(newline))

uninstall:
	$(foreach i,$(INSTALLED),$(Q)rm -f \
		'$(DESTDIR)$(call field,$(i),2)/$(notdir $(call field,$(i),1))'$(newline))

#: make install      PREFIX=/usr/local, DESTDIR; make uninstall takes the same away
