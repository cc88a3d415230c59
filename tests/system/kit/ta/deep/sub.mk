# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
incdirs-y += only
srcs-y += deep.c
cflags-deep.c-y += -DDEPTH=2
srcs-$(CFG_KIT_NEVER) += never.c
