# SPDX-License-Identifier: MIT
# Tests: tests/README.md says how they are found.

TEST_DIRS := unit render loopback
TEST_FILES := $(sort $(shell find $(wildcard tests) -name '*.c' 2>/dev/null))
test_files_of = $(filter tests/$(1)/%,$(TEST_FILES))
test_mains_of = $(foreach f,$(call test_files_of,$(1)),$(if $(filter test_%.c,$(notdir $(f))),$(f)))
helpers_of = $(filter-out $(call test_mains_of,$(1)),$(call test_files_of,$(1)))
TEST_PROGRAMS := $(foreach d,$(TEST_DIRS),$(patsubst %.c,$(BUILD)/%,$(call test_mains_of,$(d))))

# Every test sees every room; the linker takes from the archives what the test uses.
define test_rule
$(BUILD)/$(2:.c=): $(BUILD)/obj/$(2:.c=.o) $(patsubst %.c,$(BUILD)/obj/%.o,$(call helpers_of,$(1))) \
		$(ARCHIVES) $(PROTOCOL_ARCHIVE) $(BUILD)/flags
	$$(call say,LINK,$$@)mkdir -p $$(@D) && $$(LINK) $(LIBS) $(TEST_LIBS)
endef
$(foreach d,$(TEST_DIRS),$(foreach t,$(call test_mains_of,$(d)),$(eval $(call test_rule,$(d),$(t)))))

.PHONY: tests check-quick
tests: $(TEST_PROGRAMS)

check-quick:
	@$(MAKE) --no-print-directory -k all tests
	@for t in $(TEST_PROGRAMS); do $$t || exit 1; done
