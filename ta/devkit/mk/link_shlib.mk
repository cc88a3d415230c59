# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
# A shared library that trusted applications name by its UUID.
ifeq ($(SHLIBUUID),)
$(error SHLIBUUID not set)
endif

shlib-so := $(out-dir)/$(SHLIBNAME).so

# Its own names are for others too, but not those of what is linked into each image.
ta-link-flags += -Wl,-Bsymbolic -Wl,--exclude-libs,libutils.a:libstdc++.a:libsupc++.a:libgcc.a:libgcc_eh.a

all: $(shlib-so) $(out-dir)/$(SHLIBNAME).stripped.so $(out-dir)/$(SHLIBUUID).elf $(out-dir)/$(SHLIBUUID).ta
cleanfiles += $(shlib-so) $(out-dir)/$(SHLIBNAME).stripped.so $(out-dir)/$(SHLIBUUID).elf
cleanfiles += $(out-dir)/$(SHLIBUUID).ta

$(shlib-so): $(objs) $(libdeps)
	$(say) '  LD      $@'
	$(q)$(ta-link) $(ta-link-flags) -Wl,-soname,$(SHLIBUUID) $(objs) $(ta-link-libs) -o $@

$(out-dir)/$(SHLIBNAME).stripped.so: $(shlib-so)
	$(say) '  OBJCOPY $@'
	$(q)$(OBJCOPY$(sm)) --strip-unneeded $< $@

$(out-dir)/$(SHLIBUUID).elf: $(shlib-so)
	$(q)ln -sf $(<F) $@

$(out-dir)/$(SHLIBUUID).ta: $(out-dir)/$(SHLIBNAME).stripped.so $(TA_SIGN_KEY) $(TA_SUBKEY_DEPS)
	$(say) '  SIGN    $@'
	$(q)$(SIGN_ENC) --key $(TA_SIGN_KEY) $(TA_SUBKEY_ARGS) --uuid $(SHLIBUUID) --in $< --out $@
