# SPDX-License-Identifier: MIT
# Tests; tests/README.md says how they are found and what they may rely on.

TEST_DIRS := unit history render loopback
TEST_FILES := $(sort $(shell find $(wildcard tests) -path tests/vm -prune -o -name '*.c' -print 2>/dev/null))

files_of   = $(filter tests/$(1)/%,$(TEST_FILES))
# Files of tests/$(1) whose names begin with $(2), and those that are linked with each of them.
mains_of   = $(foreach f,$(call files_of,$(1)),$(if $(filter $(2)%,$(notdir $(f))),$(f)))
helpers_of = $(filter-out $(call mains_of,$(1),$(2)) tests/fuzz/replay_main.c,$(call files_of,$(1)))
object     = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

TEST_MAINS    := $(foreach d,$(TEST_DIRS),$(call mains_of,$(d),test_))
TEST_PROGRAMS := $(TEST_MAINS:%.c=$(BUILD)/%)
TEST_SCRIPTS  := $(sort $(wildcard $(foreach d,scripts $(TEST_DIRS),tests/$(d)/test_*.py tests/$(d)/test_*.sh)))
BENCHES       := $(patsubst %.c,$(BUILD)/%,$(call mains_of,bench,bench_))
FUZZ_MAINS    := $(call mains_of,fuzz,fuzz_)
FUZZ_NAMES    := $(patsubst fuzz_%.c,%,$(notdir $(FUZZ_MAINS)))
REPLAYS       := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%)
FUZZERS       := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/fuzz_%)

# program, its objects, more flags for the linker. Every test sees every room; the linker takes
# from the archives what the test uses.
define test_rule
$(1): $(2) $(ARCHIVES) $(PROTOCOL_ARCHIVE) $(BUILD)/flags $(BUILD)/sources
	$$(call say,LINK,$$@)mkdir -p $$(@D) && $$(LINK) $(3) $(LIBS) $(TEST_LIBS)
endef

$(foreach d,$(TEST_DIRS),$(foreach t,$(call mains_of,$(d),test_),$(eval $(call test_rule,\
	$(t:%.c=$(BUILD)/%),$(call object,$(t) $(call helpers_of,$(d),test_))))))
$(foreach t,$(call mains_of,bench,bench_),$(eval $(call test_rule,\
	$(t:%.c=$(BUILD)/%),$(call object,$(t) $(call helpers_of,bench,bench_)))))
$(foreach n,$(FUZZ_NAMES),$(eval $(call test_rule,$(BUILD)/tests/fuzz/replay_$(n),$(call object,\
	tests/fuzz/fuzz_$(n).c tests/fuzz/replay_main.c $(call helpers_of,fuzz,fuzz_)))))
$(foreach n,$(FUZZ_NAMES),$(eval $(call test_rule,$(BUILD)/tests/fuzz/fuzz_$(n),$(call object,\
	tests/fuzz/fuzz_$(n).c $(call helpers_of,fuzz,fuzz_)),-fsanitize=fuzzer)))

# Each header compiles on its own. The stamps are only set by success.
HEADERS := $(sort $(shell find $(wildcard $(ROOM_TOPS) tests) -path tests/vm -prune -o -name '*.h' -print))
HEADER_STAMPS := $(HEADERS:%=$(BUILD)/headers/%.ok)

$(BUILD)/headers/%.ok: % $(BUILD)/flags | $(PROTOCOL_HEADERS) $(BUILD)/include/build-config.h
	$(call say,HEADER,$<)mkdir -p $(@D) && echo '#include "$<"' | $(CC) $(filter-out -MMD -MP,\
		$(ALL_CFLAGS)) $(WARNINGS) -fsyntax-only -MMD -MP -MF $(@:.ok=.d) -MT $@ -x c - && touch $@

ifneq ($(COMPILES),)
-include $(wildcard $(HEADER_STAMPS:.ok=.d))
endif

.PHONY: tests headers replays fuzzers benches tidy
tests: $(TEST_PROGRAMS)
headers: $(HEADER_STAMPS)
replays: $(REPLAYS)
fuzzers: $(FUZZERS)
benches: $(BENCHES)
# Nothing to do is not worth a line.
tests headers replays fuzzers benches:
	@:

# clang-tidy after the compiler: the object's time stands for the headers that went into it.
TIDY_STAMPS := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(ROOM_SOURCES) $(TEST_FILES))
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE $(INCLUDES) $(LIB_CFLAGS)
tidy: $(TIDY_STAMPS)
$(BUILD)/tidy/%.ok: %.c $(BUILD)/obj/%.o .clang-tidy
	$(call say,TIDY,$<)mkdir -p $(@D) && clang-tidy --quiet --warnings-as-errors='*' $< -- \
		$(TIDY_FLAGS) 2>&1 | sed -E '/^[0-9]+ warnings? (generated|treated)/d; /^Suppressed/d' \
		>$@.log; if grep -q . $@.log; then cat $@.log; exit 1; fi; touch $@

# Programs that check themselves are slow, and so are their tests.
RUN := scripts/run-tests --build-dir $(BUILD) $(if $(SANITIZE),--slowdown 5 --timeout 150)
# For steps that call make again, apart from this make's job server.
AGAIN := $(MAKE) --no-print-directory CC=$(CC) $(if $(SANITIZE),SANITIZE=1) BUILD=$(BUILD)

.PHONY: check check-quick check-valgrind check-xen demo demo-xen bench fuzz lint format
check-quick:
	@failed=; $(MAKE) --no-print-directory -k all tests replays headers || failed=--build-failed; \
	$(RUN) $$failed $(TEST_PROGRAMS) \
		'layers=scripts/check-layers' \
		'headers=$(AGAIN) headers' \
		$(foreach t,$(TEST_SCRIPTS),'$(t:tests/%=%)=$(t)') \
		$(foreach n,$(FUZZ_NAMES),'replay/$(n)=$(BUILD)/tests/fuzz/replay_$(n) $(wildcard tests/fuzz/corpus/$(n))')

# The clang build: it leaves locals as they are, so that valgrind sees those that nobody set.
check-valgrind:
	@failed=; $(MAKE) --no-print-directory CC=clang -k all tests || failed=--build-failed; \
	$(MAKE) --no-print-directory CC=clang run-valgrind FAILED=$$failed

# What takes a whole run once: ten million steps of histories, the model, what is broken on purpose.
PROOF_STEPS ?= 10000000
.PHONY: check-proofs
check-proofs:
	@failed=; $(MAKE) --no-print-directory -k all tests || failed=--build-failed; \
	$(RUN) $$failed --timeout 300 \
		'history, $(PROOF_STEPS) steps=env HISTORY_STEPS=$(PROOF_STEPS) $(BUILD)/tests/history/test_history' \
		'model=tests/model/test_model.py' \
		'mutants=tests/mutants/run.py --build $(BUILD) --quick'

# Two minutes.
.PHONY: mutants
mutants:
	@$(MAKE) --no-print-directory all tests
	@tests/mutants/run.py --build $(BUILD)

.PHONY: run-valgrind
run-valgrind:
	@$(RUN) $(FAILED) --valgrind --slowdown 20 --timeout 300 $(TEST_PROGRAMS)

FUZZ_SECONDS ?= 20
fuzz:
	@$(MAKE) --no-print-directory FUZZ=1 CC=$(if $(CLANG),$(CC),clang) -k fuzzers
	@scripts/run-fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_NAMES:%=build/fuzz/tests/fuzz/fuzz_%)

# BENCH_ARGS: names of groups, see tests/bench/run.py --help.
bench:
	@scripts/install-deps.sh build demo bench
	@$(MAKE) --no-print-directory all benches
	@tests/bench/run.py --build=$(BUILD) $(BENCH_ARGS)

C_FILES := $(ROOM_SOURCES) $(TEST_FILES) $(HEADERS) $(sort $(shell find $(wildcard tests/vm) -name "*.[ch]"))
lint:
	@failed=; $(MAKE) --no-print-directory -k tidy CC=$(if $(CLANG),$(CC),clang) || failed=--build-failed; \
	$(RUN) $$failed --timeout 300 'clang-format=scripts/lint-format $(C_FILES)' \
		'scripts=scripts/lint-scripts'

# FILES=... for some only.
format:
	clang-format -i $(or $(FILES),$(C_FILES))

check:
	@scripts/install-deps.sh build demo check vm
	@scripts/check-all

check-xen:
	@scripts/install-deps.sh build vm
	@$(MAKE) --no-print-directory all
	@tests/vm/run.py $(VM_ARGS)

demo:
	@scripts/install-deps.sh build demo
	@$(MAKE) --no-print-directory all
	@tools/demo/demo.py --bin=$(BUILD)/bin $(DEMO_ARGS)

demo-xen:
	@scripts/install-deps.sh build demo vm
	@$(MAKE) --no-print-directory all
	@tests/vm/run.py --demo $(VM_ARGS)

#: make check        everything below, with gcc, clang, ASan+UBSan and valgrind: under 25 minutes
#: make check-quick  unit, render and loopback tests, include rules, headers, fuzz corpus: a minute
#: make check-proofs ten million steps of random histories, the model of focus and lock, some mutants
#: make mutants      breaks the code on purpose, line by line, and sees that a test fails
#: make check-xen    real Xen with stock Linux guests in QEMU (VM_ARGS=--help)
#: make demo         two guests on two monitors, without Xen or root
#: make demo-xen     the same on real Xen in QEMU, in a window where there is a display
#: make check-valgrind, make lint, make fuzz FUZZ_SECONDS=20 (per target)
#: make bench        figures: bytes, calls and instructions per frame, latency (docs/figures.md)
#: make format       clang-format (FILES=... for some)
