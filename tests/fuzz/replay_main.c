/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over the files and directories named, and over no bytes at all: what libFuzzer's
 * main does with files, for builds without libFuzzer. Exit status 1 when something cannot be read.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static unsigned n_inputs;

static bool replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	/* Exactly as large as the input, so that a sanitizer sees one byte too far. */
	uint8_t *data = malloc(size ? size : 1);
	bool ok = file && data && fread(data, 1, size, file) == size;
	if (ok) {
		LLVMFuzzerTestOneInput(data, size);
		n_inputs++;
	} else {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	}
	free(data);
	if (file) {
		fclose(file);
	}
	return ok;
}

static bool replay(const char *path);

static bool replay_directory(const char *path)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, NULL, alphasort);
	bool ok = n >= 0;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *inner = NULL;
		if (name[0] != '.') {
			ok = asprintf(&inner, "%s/%s", path, name) > 0 && replay(inner) && ok;
			free(inner);
		}
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool replay(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	return S_ISDIR(st.st_mode) ? replay_directory(path) : replay_file(path, (size_t)st.st_size);
}

int main(int argc, char *argv[])
{
	/* A target that hangs is a failure, not a wait. */
	alarm(25);
	if (LLVMFuzzerInitialize) {
		LLVMFuzzerInitialize(&argc, &argv);
	}
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	bool ok = true;
	for (int i = 1; i < argc; i++) {
		ok = replay(argv[i]) && ok;
	}
	printf("%u inputs\n", n_inputs);
	return ok ? 0 : 1;
}
