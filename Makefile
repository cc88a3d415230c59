# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
#
# For those who type make. Meson does the work, in BUILD:
#   make; make check; make install PREFIX=/usr/local DESTDIR=; make uninstall
BUILD ?= build
PREFIX ?= /usr/local

.PHONY: all check install uninstall
all:
	scripts/build $(BUILD) --prefix=$(PREFIX)

check: all
	meson test -C $(BUILD)

install: all
	DESTDIR=$(DESTDIR) meson install --no-rebuild -C $(BUILD)

# What the last install wrote.
uninstall:
	ninja -C $(BUILD) uninstall
