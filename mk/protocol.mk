# SPDX-License-Identifier: MIT
# Wayland protocols, ours and the standard ones: NAME-server-protocol.h, NAME-client-protocol.h
# and the code of both in $(BUILD)/protocol, NAME being the XML file's base name.

ifneq ($(COMPILES),)
WP_DIR  := $(shell pkg-config --variable=pkgdatadir wayland-protocols)
SCANNER := $(shell pkg-config --variable=wayland_scanner wayland-scanner)
endif

PROTOCOL_XML := $(wildcard protocol/*.xml) \
	$(WP_DIR)/stable/viewporter/viewporter.xml \
	$(WP_DIR)/stable/presentation-time/presentation-time.xml \
	$(WP_DIR)/stable/xdg-shell/xdg-shell.xml \
	$(WP_DIR)/staging/ext-idle-notify/ext-idle-notify-v1.xml \
	$(WP_DIR)/staging/ext-session-lock/ext-session-lock-v1.xml \
	$(WP_DIR)/unstable/idle-inhibit/idle-inhibit-unstable-v1.xml \
	$(WP_DIR)/unstable/linux-dmabuf/linux-dmabuf-unstable-v1.xml \
	$(WP_DIR)/unstable/relative-pointer/relative-pointer-unstable-v1.xml

PROTOCOL_NAMES   := $(basename $(notdir $(PROTOCOL_XML)))
PROTOCOL_HEADERS := $(foreach n,$(PROTOCOL_NAMES),$(BUILD)/protocol/$(n)-server-protocol.h \
	$(BUILD)/protocol/$(n)-client-protocol.h)
PROTOCOL_OBJECTS := $(PROTOCOL_NAMES:%=$(BUILD)/protocol/%-protocol.o)
PROTOCOL_ARCHIVE := $(BUILD)/lib/protocol.a

vpath %.xml protocol $(sort $(dir $(PROTOCOL_XML)))

$(BUILD)/protocol/%-server-protocol.h: %.xml
	$(call say,SCAN,$@)mkdir -p $(@D) && $(SCANNER) --strict server-header $< $@

$(BUILD)/protocol/%-client-protocol.h: %.xml
	$(call say,SCAN,$@)mkdir -p $(@D) && $(SCANNER) --strict client-header $< $@

$(BUILD)/protocol/%-protocol.c: %.xml
	$(call say,SCAN,$@)mkdir -p $(@D) && $(SCANNER) --strict private-code $< $@

# Not our code: no warnings, as for any system header.
$(BUILD)/protocol/%-protocol.o: $(BUILD)/protocol/%-protocol.c $(BUILD)/flags
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -w -c -o $@ $<

$(PROTOCOL_ARCHIVE): $(PROTOCOL_OBJECTS) $(BUILD)/sources
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && $(AR_TOOL) rcsD $@ $(PROTOCOL_OBJECTS)
