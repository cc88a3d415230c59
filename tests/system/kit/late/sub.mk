# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
global-incdirs-y += ../base
global-incdirs-y += ../shared
srcs-y += late.c
