# SPDX-License-Identifier: MIT
# Rooms and programs. A room is a directory with .c files; all of them but main.c become the
# archive $(BUILD)/lib/ROOM.a (slashes as dashes). A program is a main.c and the rooms below.

ROOM_TOPS := base compositor config gvt helpers hid pvdispl xen tools
ROOM_SOURCES := $(sort $(shell find $(wildcard $(ROOM_TOPS)) -name '*.c' 2>/dev/null))
MAINS := $(filter %/main.c,$(ROOM_SOURCES))
ROOMS := $(sort $(patsubst %/,%,$(dir $(filter-out $(MAINS),$(ROOM_SOURCES)))))

archive = $(BUILD)/lib/$(subst /,-,$(1)).a
ARCHIVES := $(foreach r,$(ROOMS),$(call archive,$(r)))

# name:main:rooms, a room standing for all below it, DIR/. for the files of DIR alone.
PROGRAM_TABLE := \
	vitrined:compositor/main.c:base,config,compositor,hid/seat,hid/devices,xen/. \
	vitrine-broker:pvdispl/broker/main.c:base,config,xen,pvdispl/.,pvdispl/broker \
	vitrine-pv:pvdispl/worker/main.c:base,xen,pvdispl/.,pvdispl/worker,hid/kbdif \
	vitrine-input-proxy:hid/proxy/main.c:base,hid/proxy \
	pvfront:tools/pvfront/main.c:base,xen,pvdispl/.,tools/pvfront \
	vitrine-loopback:tools/loopback/main.c:base,xen,tools/loopback \
	vitrine-auth:helpers/auth/main.c:base,config,hid/seat,compositor/scene,helpers/auth \
	vitrine-command:helpers/command/main.c:base,config,hid/seat,compositor/scene,helpers/command \
	imgcmp:tools/imgcmp/main.c:base,tools/imgcmp \
	vitrinectl:tools/vitrinectl/main.c:base,config,hid/seat,compositor/scene,tools/vitrinectl

comma := ,
define newline


endef
field = $(word $(2),$(subst :, ,$(1)))
# Only programs whose main.c is there: a room may come before its program.
PRESENT := $(foreach p,$(PROGRAM_TABLE),$(if $(wildcard $(call field,$(p),2)),$(p)))
PROGRAMS := $(foreach p,$(PRESENT),$(BUILD)/bin/$(call field,$(p),1))
rooms_of = $(sort $(foreach r,$(subst $(comma), ,$(1)),$(if $(filter %/.,$(r)),\
	$(filter $(patsubst %/.,%,$(r)),$(ROOMS)),$(filter $(r) $(r)/%,$(ROOMS)))))
