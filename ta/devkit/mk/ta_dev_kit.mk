# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
#
# Builds what a makefile names that includes this one, in OP-TEE's words:
#   BINARY=<uuid>                        a trusted application: <uuid>.elf, <uuid>.ta
#   LIBNAME=libname                      a static library: libname.a
#   SHLIBNAME=libname SHLIBUUID=<uuid>   a shared library of trusted applications: libname.so, <uuid>.ta
# out of the sources that sub.mk names, into $(O).

ta-dev-kit-dir := $(patsubst %/,%,$(abspath $(dir $(lastword $(MAKEFILE_LIST)))..))

.PHONY: all clean
all:

include $(ta-dev-kit-dir)/mk/conf.mk
ta-dev-kit-dir$(sm) := $(ta-dev-kit-dir)

ifneq (1,$(words $(BINARY) $(LIBNAME) $(SHLIBNAME)))
$(error You must specify exactly one of BINARY, LIBNAME or SHLIBNAME)
endif

out-dir := $(if $(O),$(O),.)
link-out-dir := $(out-dir)
link-out-dir$(sm) := $(out-dir)

ifeq ($(V),1)
q :=
say := @true
else
q := @
say := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),@true,@echo)
endif

comma := ,

# CFG_TA_SANITIZE_ADDRESS=y: for AddressSanitizer. CFG_TA_FUZZ=y: for teelink fuzz, with clang.
ifeq ($(CFG_TA_FUZZ),y)
override COMPILER := clang
ta-sanitize := -fsanitize=fuzzer-no-link,address
else ifeq ($(CFG_TA_SANITIZE_ADDRESS),y)
ta-sanitize := -fsanitize=address
endif

# Tools. COMPILER=clang takes clang.
COMPILER ?= gcc
CROSS_COMPILE_$(sm) ?= $(CROSS_COMPILE)
ta-cross := $(CROSS_COMPILE_$(sm))
ifeq ($(COMPILER),clang)
CC$(sm) := clang
CXX$(sm) := clang++
else
CC$(sm) := $(ta-cross)gcc
CXX$(sm) := $(ta-cross)g++
endif
LD$(sm) := $(ta-cross)ld
AR$(sm) := $(ta-cross)ar
NM$(sm) := $(ta-cross)nm
OBJCOPY$(sm) := $(ta-cross)objcopy
OBJDUMP$(sm) := $(ta-cross)objdump
READELF$(sm) := $(ta-cross)readelf
PYTHON3 ?= python3
SIGN_ENC ?= $(ta-dev-kit-dir)/scripts/teelink-sign
TA_SIGN_KEY ?= $(ta-dev-kit-dir)/keys/default_ta.pem
ifeq ($(CFG_ENCRYPT_TA),y)
# Known to everybody; teelinkd(8) says how a machine gets another one (ta_enc.key).
TA_ENC_KEY ?= e3ff381eb7859bb961c52f9b78b693f725c261e75eb488ef5893d6de5d097e6a
ta-sign-encrypt := --enc-key $(TA_ENC_KEY)
endif

# Flags.
ifeq ($(CFG_TA_OPTEE_CORE_API_COMPAT_1_1),y)
cppflags$(sm) += -D__OPTEE_CORE_API_COMPAT_1_1=1
endif
cppflags$(sm) += $(CPPFLAGS_$(sm)) -DTRACE_LEVEL=$(CFG_TEE_TA_LOG_LEVEL)
cppflags$(sm) += -I. -I$(ta-dev-kit-dir)/include
cppflags$(sm) += $(strip $(foreach var,$(filter CFG_% _CFG_%,$(.VARIABLES)), \
	$(if $(filter y,$($(var))),-D$(var)=1, \
		$(if $(filter xn x,x$($(var))),,-D$(var)='$($(var))'))))

WARNS ?= 1
ta-warnings-1 := -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
ta-warnings-2 := $(ta-warnings-1) -Wredundant-decls
ta-warnings-3 := $(ta-warnings-2) -Wold-style-definition
ta-code := -g -O2 -fPIC -fno-semantic-interposition -fno-omit-frame-pointer
ta-code += -ffunction-sections -fdata-sections
ta-code += $(ta-sanitize)
cflags$(sm) += $(ta-code) -std=gnu11 $(ta-warnings-$(WARNS)) -Werror=implicit-function-declaration
cflags$(sm) += $(if $(filter y,$(CFG_WERROR)),-Werror) $(CFLAGS_$(sm))
cxxflags$(sm) += $(ta-code) -Wall $(CXXFLAGS_$(sm))
ifneq ($(COMPILER),clang)
# An object with a unique symbol is never unloaded: its destructors don't run.
cxxflags$(sm) += -fno-gnu-unique
endif
aflags$(sm) += -g -fPIC

# Sources: sub.mk of this folder, and of those that it names.
objs :=
cleanfiles :=
ta-has-cxx :=
subdirs := .
include $(ta-dev-kit-dir)/mk/subdir.mk

ifneq ($(BINARY),)
$(eval $(call ta-object,$(ta-dev-kit-dir)/src/user_ta_header.c,$(out-dir)/user_ta_header.o,,,))
endif

# Libraries. What LDADD says was written for ld.
ldadd := $(patsubst --%,-Wl$(comma)--%,$(LDADD))
ta-libdirs := $(libdirs) $(ta-dev-kit-dir)/lib
ta-libnames := $(libnames) utils utee
ta-link := $(CC$(sm))
ta-link-flags := -shared -g -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,relro
ta-link-flags += -Wl,-z,separate-code -Wl,--build-id=sha1 -Wl,--as-needed
ifneq ($(ta-has-cxx),)
ta-link := $(CXX$(sm))
# The unwinder is the one that the launcher has, so that exceptions leave a library.
ta-link-flags += -static-libstdc++
endif
ta-link-flags += $(ta-sanitize)
ta-link-libs := $(ldadd) $(addprefix -L,$(ta-libdirs)) -Wl,--start-group \
	$(addprefix -l,$(ta-libnames)) -Wl,--end-group $(addprefix -l,$(libnames-after-libgcc))

ifneq ($(BINARY),)
include $(ta-dev-kit-dir)/mk/link.mk
endif

ifneq ($(LIBNAME),)
all: $(out-dir)/$(LIBNAME).a
cleanfiles += $(out-dir)/$(LIBNAME).a

$(out-dir)/$(LIBNAME).a: $(objs)
	$(say) '  AR      $@'
	$(q)rm -f $@ && $(AR$(sm)) rcs $@ $^
endif

ifneq ($(SHLIBNAME),)
include $(ta-dev-kit-dir)/mk/link_shlib.mk
endif

clean:
	$(say) '  CLEAN   $(out-dir)'
	$(q)rm -f $(cleanfiles)
