# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
global-incdirs-y += include ../lib ../base ../shared
srcs-y += entry.c
srcs-y += libraries.c
srcs-y += shapes.cpp
subdirs-y += deep
cppflags-entry.c-y += -DONLY_ENTRY=1
cflags-y += -Wshadow
gensrcs-y += made
produce-made = made.c
depends-made = deep/sub.mk
recipe-made = echo 'int made(void); int made(void) { return 5; }' >$@
