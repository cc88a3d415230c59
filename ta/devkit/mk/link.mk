# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
# A trusted application: its own names stay its own, the launcher finds those that it asks for.
ta-elf := $(out-dir)/$(BINARY).elf
ta-version := $(if $(CFG_TA_VERSION),$(CFG_TA_VERSION),0)
# CFG_TA_STRIP=y: without what debuggers and backtraces want.
ta-payload := $(out-dir)/$(BINARY)$(if $(filter y,$(CFG_TA_STRIP)),.stripped).elf

all: $(out-dir)/$(BINARY).ta $(out-dir)/$(BINARY).stripped.elf
cleanfiles += $(ta-elf) $(addprefix $(out-dir)/$(BINARY),.dmp .map .stripped.elf .ta)

# What the shared libraries that LDADD names want of it isn't its own, as if it was a program.
ta-map := $(out-dir)/$(BINARY).exports
cleanfiles += $(ta-map)
ta-shlibs = $(wildcard $(filter %.so,$(LDADD)) $(foreach d,$(patsubst -L%,%,$(filter -L%,$(LDADD))) \
	$(libdirs),$(foreach l,$(patsubst -l%,%,$(filter -l%,$(LDADD))),$(d)/lib$(l).so)))
ta-wanted = $(if $(ta-shlibs),$(NM$(sm)) -D --undefined-only $(ta-shlibs) | \
	sed -n 's/^.* U \([^@]*\).*$$/\t\t\1;/p' | sort -u)

ta-link-flags += -Wl,-Bsymbolic -Wl,--version-script=$(ta-map)
ta-link-flags += -Wl,-Map=$(out-dir)/$(BINARY).map
ifeq ($(ta-sanitize),)
ta-link-flags += -Wl,-z,defs
endif

$(ta-elf): $(objs) $(libdeps) $(additional-link-deps) $(ta-dev-kit-dir)/mk/ta.map
	$(say) '  LD      $@'
	$(q){ sed '/global:/q' $(ta-dev-kit-dir)/mk/ta.map; $(or $(ta-wanted),:); \
		sed '1,/global:/d' $(ta-dev-kit-dir)/mk/ta.map; } >$(ta-map)
	$(q)$(ta-link) $(ta-link-flags) $(objs) $(ta-link-libs) -o $@

$(out-dir)/$(BINARY).dmp: $(ta-elf)
	$(say) '  OBJDUMP $@'
	$(q)$(OBJDUMP$(sm)) -l -x -d $< >$@

$(out-dir)/$(BINARY).stripped.elf: $(ta-elf)
	$(say) '  OBJCOPY $@'
	$(q)$(OBJCOPY$(sm)) --strip-unneeded $< $@

$(out-dir)/$(BINARY).ta: $(ta-payload) $(TA_SIGN_KEY) $(TA_SUBKEY_DEPS)
	$(say) '  SIGN    $@'
	$(q)$(SIGN_ENC) --key $(TA_SIGN_KEY) $(TA_SUBKEY_ARGS) $(ta-sign-encrypt) \
		--uuid $(BINARY) --ta-version $(ta-version) --in $< --out $@
