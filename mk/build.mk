# SPDX-License-Identifier: MIT
# Compiling and linking.

# Stamps that change only when their content does: other flags, or a file added or removed,
# rebuild exactly what they touch.
define stamp
$(Q)mkdir -p $(dir $(1)); printf '%s\n' $(2) | cmp -s - $(1) || printf '%s\n' $(2) >$(1)
endef

.PHONY: FORCE
FORCE:

$(BUILD)/flags: FORCE
	$(call stamp,$@,'$(CC) $(CC_VERSION) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(WARNINGS)')

$(BUILD)/sources: FORCE
	$(call stamp,$@,'$(ROOM_SOURCES) $(TEST_FILES) $(PROTOCOL_NAMES)')

# Where things get installed, for the programs that start others.
$(BUILD)/include/build-config.h: FORCE
	$(call stamp,$@,'#define VITRINE_BINDIR "$(BINDIR)"' \
		'#define VITRINE_SBINDIR "$(SBINDIR)"' \
		'#define VITRINE_LIBEXECDIR "$(LIBEXECDIR)"' \
		'#define VITRINE_SYSCONFDIR "$(SYSCONFDIR)"' \
		'#define VITRINE_VERSION "$(VERSION)"')

# Parsers of untrusted bytes also get the conversion warnings.
extra_flags = $(if $(filter %_parse.c,$<),-Wconversion) \
	$(if $(filter $(addsuffix /%,$(TRAP_ROOMS)),$<),$(TRAP))

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(PROTOCOL_HEADERS) $(BUILD)/include/build-config.h
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(WARNINGS) $(extra_flags) -c -o $@ $<

define room_rule
$(call archive,$(1)): $(patsubst %.c,$(BUILD)/obj/%.o,$(foreach s,$(filter-out $(MAINS),\
		$(ROOM_SOURCES)),$(if $(filter $(1)/,$(dir $(s))),$(s)))) $(BUILD)/sources
	$$(call say,AR,$$@)mkdir -p $$(@D) && rm -f $$@ && $(AR_TOOL) rcsD $$@ $$(filter %.o,$$^)
endef
$(foreach r,$(ROOMS),$(eval $(call room_rule,$(r))))

LINK = $(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
	-Wl,--end-group

define program_rule
$(BUILD)/bin/$(1): $(BUILD)/obj/$(2:.c=.o) $(foreach r,$(call rooms_of,$(3)),\
		$(call archive,$(r))) $(PROTOCOL_ARCHIVE) $(BUILD)/flags
	$$(call say,LINK,$$@)mkdir -p $$(@D) && $$(LINK) $(LIBS) -lm
endef
$(foreach p,$(PRESENT),$(eval \
	$(call program_rule,$(call field,$(p),1),$(call field,$(p),2),$(call field,$(p),3))))

ifneq ($(COMPILES),)
-include $(shell find $(BUILD)/obj $(BUILD)/protocol -name '*.d' 2>/dev/null)
endif
