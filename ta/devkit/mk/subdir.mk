# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
#
# Reads sub.mk of each folder in $(subdirs) and below, and makes a rule for each source that they name:
#   srcs-y, srcs_ext-y (in srcs_ext_base-y), gensrcs-y, subdirs-y,
#   [global-]incdirs-y, incdirs-<source>-y, global-cppflags-y,
#   {c,cxx,cpp,a}flags-y, {c,cxx,cpp,a}flags-<source>-y, the same with -remove and -lib
# and adds to $(objs), $(incdirs$(sm)), $(cleanfiles).

ta-flag-kinds := cflags cxxflags cppflags aflags

# $1 source, $2 object, $3 own include folders, $4 own flags, $5 flags to leave out
define ta-object
objs += $2
cleanfiles += $2 $(basename $2).d
ta-has-cxx += $(filter %.cpp %.cc %.cxx,$1)

$2: $1
	$$(say) '  $(if $(filter %.cpp %.cc %.cxx,$1),CXX,$(if $(filter %.S,$1),AS ,CC ))     $$@'
	$$(q)mkdir -p $$(dir $$@)
	$$(q)$(if $(filter %.cpp %.cc %.cxx,$1),$$(CXX$(sm)),$$(CC$(sm))) \
		$$(filter-out $5,$$(CPPFLAGS) \
		$(addprefix -I,$3) $$(addprefix -I,$$(incdirs$(sm))) $$(cppflags$(sm)) \
		$(if $(filter %.cpp %.cc %.cxx,$1),$$(cxxflags$(sm)) $$(CXXFLAGS),$(if $(filter %.S,$1),\
			$$(aflags$(sm)) $$(AFLAGS),$$(cflags$(sm)) $$(CFLAGS))) $4) \
		-MMD -MP -MF $(basename $2).d -c $1 -o $2

-include $(basename $2).d
endef

# What applies to source $1 by name, of the kinds that its language has.
ta-kinds = cppflags $(if $(filter %.cpp %.cc %.cxx,$1),cxxflags,$(if $(filter %.S,$1),aflags,cflags))
ta-own-flags = $(foreach k,$(ta-kinds),$($(k)-y) $($(k)-lib-y) $($(k)-$1-y))
ta-removed = $(foreach k,$(ta-kinds),$($(k)-remove-y) $($(k)-remove-$1-y) $($(k)-remove))

# $1 source as sub.mk says it, $2 its path, $3 its object
define ta-source
$(call ta-object,$2,$3,$(thissubdir-incdirs) $(addprefix $(sub-dir)/,$(incdirs-$1-y)),$(call \
	ta-own-flags,$1),$(call ta-removed,$1))
$(foreach k,$(ta-flag-kinds),
$(k)-$1-y :=
$(k)-remove-$1-y :=)
incdirs-$1-y :=
endef

ta-join = $(if $(filter /%,$2),$2,$(if $(filter .,$1),$2,$1/$2))
ta-objname = $(if $(oname-$1-y),$(out-dir)/$(oname-$1-y),$(out-dir)/$(basename $(patsubst /%,%,$(subst ../,,$2))).o)

# A source that a recipe makes: produce-$1, depends-$1, recipe-$1, produce-additional-$1.
define ta-generated
cleanfiles += $(sub-dir-out)/$(produce-$1)
$(sub-dir-out)/$(produce-$1): subdir := $(sub-dir)
$(sub-dir-out)/$(produce-$1): $(depends-$1)
	$$(say) '  GEN     $$@'
	$$(q)mkdir -p $$(dir $$@)
	$$(q)$$(recipe-$1)
$(addprefix $(sub-dir-out)/,$(produce-additional-$1)): $(sub-dir-out)/$(produce-$1)
$(if $(filter %.h,$(produce-$1)),ta-generated-headers += $(sub-dir-out)/$(produce-$1),$(call \
	ta-source,$1,$(sub-dir-out)/$(produce-$1),$(sub-dir-out)/$(basename $(produce-$1)).o))
endef

define ta-subdir
sub-dir := $1
sub-dir-out := $(if $(filter .,$1),$(out-dir),$(out-dir)/$1)
this-out-dir := $(if $(filter .,$1),$(out-dir),$(out-dir)/$1)
include $1/sub.mk
$$(eval $$(call ta-subdir-sources,$1))
endef

define ta-subdir-sources
sub-subdirs := $(foreach d,$(subdirs-y),$(call ta-join,$1,$(d))) $(subdirs_ext-y)
incdirs$(sm) += $(foreach d,$(global-incdirs-y),$(call ta-join,$1,$(d))) $(global-incdirs_ext-y)
cppflags$(sm) += $(global-cppflags-y)
thissubdir-incdirs := $(sub-dir-out) $(foreach d,$(incdirs-y) $(incdirs-lib-y),$(call ta-join,$1,$(d))) $(incdirs_ext-y)
$$(foreach g,$(gensrcs-y),$$(eval $$(call ta-generated,$$(g))))
$$(foreach s,$(srcs-y),$$(eval $$(call ta-source,$$(s),$$(call ta-join,$1,$$(s)),$$(call \
	ta-objname,$$(s),$$(call ta-join,$1,$$(s))))))
$$(foreach s,$(srcs_ext-y),$$(eval $$(call ta-source,$$(s),$(firstword $(srcs_ext_base-y))/$$(s),$$(call \
	ta-objname,$$(s),$$(call ta-join,$1,$$(s))))))
$(foreach k,$(ta-flag-kinds),
$(k)-y :=
$(k)-lib-y :=
$(k)-remove-y :=)
$(foreach v,srcs srcs_ext srcs_ext_base gensrcs subdirs subdirs_ext global-incdirs global-cppflags incdirs-lib incdirs,
$(v)-y :=)
global-incdirs_ext-y :=
incdirs_ext-y :=
$$(foreach d,$$(sub-subdirs),$$(eval $$(call ta-subdir,$$(d))))
endef

$(foreach d,$(subdirs),$(eval $(call ta-subdir,$(d))))

$(objs): $(ta-generated-headers)
