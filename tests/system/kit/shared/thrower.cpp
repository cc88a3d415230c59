// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "shared.h"

#include <string>

int kit_throw(int v)
{
	KitSpecialError e;

	/* The library's own C++ runtime has something to clean up. */
	std::string text = std::to_string(v);

	e.value = std::stoi(text);
	throw e;
}
