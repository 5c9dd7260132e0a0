# SPDX-License-Identifier: MIT
# Installing. Each entry is SOURCE:DIRECTORY:MODE; *.in files get the directories filled in.

install_dir_vitrined         := $(BINDIR)
install_dir_vitrinectl       := $(BINDIR)
install_dir_vitrine-broker   := $(SBINDIR)
install_dir_vitrine-pv       := $(LIBEXECDIR)
install_dir_pvfront          := $(LIBEXECDIR)
install_dir_vitrine-loopback := $(LIBEXECDIR)

UNITS := $(patsubst %.in,$(BUILD)/%,$(wildcard config/systemd/*.in))
all: $(UNITS)

INSTALLED := \
	$(foreach p,$(PROGRAMS),$(if $(install_dir_$(notdir $(p))),\
		$(p):$(install_dir_$(notdir $(p))):755)) \
	$(foreach u,$(UNITS),$(u):$(UNITDIR):644) \
	$(foreach f,$(wildcard config/sysusers.d/*.conf),$(f):$(SYSUSERSDIR):644) \
	$(foreach f,$(wildcard config/tmpfiles.d/*.conf),$(f):$(TMPFILESDIR):644)

$(BUILD)/config/%: config/%.in $(BUILD)/include/build-config.h
	$(call say,GEN,$@)mkdir -p $(@D) && sed -e 's|@BINDIR@|$(BINDIR)|g' \
		-e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' $< >$@

.PHONY: install uninstall
install: all $(foreach i,$(INSTALLED),$(call field,$(i),1))
	$(foreach i,$(INSTALLED),$(Q)install -D -m $(call field,$(i),3) $(call field,$(i),1) \
		'$(DESTDIR)$(call field,$(i),2)/$(notdir $(call field,$(i),1))'$(newline))

uninstall:
	$(foreach i,$(INSTALLED),$(Q)rm -f \
		'$(DESTDIR)$(call field,$(i),2)/$(notdir $(call field,$(i),1))'$(newline))

#: make install      PREFIX=/usr/local, DESTDIR; make uninstall takes the same away
