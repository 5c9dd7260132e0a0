# SPDX-License-Identifier: MIT
#
# Vitrine. `make help` lists the targets. Everything that is built lies below build/.
# A new .c file is found by its place; nothing here needs an edit for it (see mk/rooms.mk).

VERSION     := 0.1
PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
SBINDIR     ?= $(PREFIX)/sbin
LIBEXECDIR  ?= $(PREFIX)/libexec/vitrine
SYSCONFDIR  ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR     ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
# PAM looks nowhere else.
PAMDIR      ?= /etc/pam.d
DBUSDIR     ?= $(PREFIX)/share/dbus-1/system.d
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR      ?= $(PREFIX)/share/zsh/site-functions
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
MANDIR      ?= $(PREFIX)/share/man
DOCDIR      ?= $(PREFIX)/share/doc/vitrine

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
# Generated sources are kept: without this make deletes them as intermediate files.
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

# Parallel unless the caller said how much; a sub-make takes part in its parent's job server.
ifeq ($(MAKELEVEL),0)
ifeq ($(shell (tr '\0' '\n' </proc/$$PPID/cmdline; echo "$$MAKEFLAGS") | grep -E '^ *-[a-zA-Z]*j|^ *--jobs'),)
MAKEFLAGS += -j$(shell nproc)
endif
endif

# Goals that compile nothing themselves and must work before the libraries are installed.
PLAIN_GOALS := help deps clean uninstall format demo check check-xen demo-xen bench
COMPILES := $(filter-out $(PLAIN_GOALS),$(or $(MAKECMDGOALS),all))

include mk/flags.mk
include mk/rooms.mk
include mk/protocol.mk
include mk/build.mk
include mk/tests.mk
include mk/install.mk

.PHONY: all deps clean help
all: $(PROGRAMS) $(ARCHIVES)

deps:
	@scripts/install-deps.sh build demo check bench vm
	@echo "all packages are installed"

clean:
	rm -rf build

help:
	@sed -n 's/^#: //p' $(wildcard Makefile mk/*.mk)

#: make              the programs, in build/bin
#: make deps         install the Debian packages that anything here needs (apt, sudo if not root)
#: make clean        remove build/
#:
#: variables: CC=clang (own directory build/clang), SANITIZE=1 (ASan and UBSan, build/san),
#:            V=1 (show commands), PREFIX=/usr, DESTDIR=...
