# SPDX-License-Identifier: MIT
# Compiler, build directory, libraries and flags.

ifeq ($(origin CC),default)
CC := gcc
endif
AR_TOOL ?= ar

CC_VERSION := $(shell $(CC) --version 2>/dev/null | head -n 1)
CLANG      := $(findstring clang,$(CC_VERSION))
TARGET     := $(shell $(CC) -dumpmachine 2>/dev/null)

# One directory per way of building, so that switching does not rebuild.
ifdef FUZZ
BUILD ?= build/fuzz
else ifdef SANITIZE
BUILD ?= $(if $(CLANG),build/san-clang,build/san)
else
BUILD ?= $(if $(CLANG),build/clang,build)
endif

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2);)

# pkg-config module and the Debian package that has it. Every program is linked with all of
# them and --as-needed keeps what it uses.
LIBRARIES := \
	wayland-server:libwayland-dev wayland-client:libwayland-dev \
	wayland-protocols:wayland-protocols wayland-scanner:libwayland-bin \
	libdrm:libdrm-dev pixman-1:libpixman-1-dev libinput:libinput-dev libudev:libudev-dev \
	libseat:libseat-dev xkbcommon:libxkbcommon-dev xengnttab:libxen-dev xenevtchn:libxen-dev \
	xenstore:libxen-dev libsystemd:libsystemd-dev inih:libinih-dev fcft:libfcft-dev \
	egl:libegl-dev glesv2:libgles-dev libseccomp:libseccomp-dev pam:libpam0g-dev libpng:libpng-dev cmocka:libcmocka-dev
MODULES := $(foreach l,$(LIBRARIES),$(firstword $(subst :, ,$(l))))

ifneq ($(COMPILES),)
ifeq ($(CC_VERSION),)
$(error compiler '$(CC)' does not run; install it with: make deps)
endif
ifeq ($(shell command -v pkg-config),)
$(error pkg-config is missing; install Debian package pkg-config with: make deps)
endif
ifneq ($(shell pkg-config --exists $(MODULES) && echo ok),ok)
MISSING := $(foreach l,$(LIBRARIES),$(if $(shell pkg-config --exists \
	$(firstword $(subst :, ,$(l))) && echo ok),,$(lastword $(subst :, ,$(l)))))
$(error missing Debian packages: $(sort $(MISSING)); install them with: make deps)
endif
LIB_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(filter-out cmocka,$(MODULES))))
LIBS       := $(shell pkg-config --libs $(filter-out cmocka,$(MODULES)))
TEST_LIBS  := $(shell pkg-config --libs cmocka) -lm
endif

# "compositor/x.h" is looked up from the top; -iquote, so that <xen/xen.h> stays libxen's.
INCLUDES := -iquote . -I $(BUILD)/protocol -iquote $(BUILD)/include

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wvla -Wundef -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-align -Wformat=2 -Wimplicit-fallthrough \
	-Wno-unused-parameter -Wno-missing-field-initializers
# clang's -Wcast-align fires at every container_of, which gcc's rightly does not; a real misalignment
# is found by UBSan.
WARNINGS += $(if $(CLANG),-Wno-cast-align)

HARDENING := -fstack-protector-strong -fPIE
ifneq ($(filter x86_64-% i686-%,$(TARGET)),)
HARDENING += -fstack-clash-protection -fcf-protection
endif
LINK_HARDENING := -pie -Wl,-z,relro,-z,now

ifdef SANITIZE
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifdef FUZZ
SANITIZER := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
endif
ifneq ($(SANITIZER),)
OPTIMISE := -O1 -g
else
OPTIMISE := -O2 -g
HARDENING += -D_FORTIFY_SOURCE=2
# What faces a guest stops at the first overrun or overflow; the worker is then restarted.
TRAP_ROOMS := pvdispl/worker hid/kbdif
TRAP := -fsanitize=bounds,signed-integer-overflow -fsanitize-undefined-trap-on-error
# The clang build goes without zeroed locals: valgrind runs it to see uninitialised ones.
ifeq ($(CLANG),)
HARDENING += -ftrivial-auto-var-init=zero
endif
endif
# valgrind of Debian 12 does not read all of clang's DWARF 5.
OPTIMISE += $(if $(CLANG),-gdwarf-4)

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(OPTIMISE) $(HARDENING) $(SANITIZER) $(INCLUDES) \
	$(LIB_CFLAGS) -MMD -MP $(CFLAGS)
ALL_LDFLAGS = $(LINK_HARDENING) -Wl,--as-needed $(SANITIZER) $(LDFLAGS)
