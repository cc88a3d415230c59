# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
srcs-y += base.c
