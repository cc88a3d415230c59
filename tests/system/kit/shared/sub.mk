# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
global-incdirs-y += ../base
srcs-y += shared.c
srcs-y += thrower.cpp
