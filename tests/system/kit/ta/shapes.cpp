// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <kit_ta.h>
#include <shared.h>

namespace
{

struct Shape {
	virtual ~Shape() = default;
	virtual int sides() const = 0;
};

struct Square : Shape {
	int sides() const override
	{
		return 4;
	}
};

/* Made before any entry point is called. */
std::vector<std::unique_ptr<Shape>> make()
{
	std::vector<std::unique_ptr<Shape>> v;

	v.push_back(std::make_unique<Square>());
	return v;
}

const std::vector<std::unique_ptr<Shape>> shapes = make();

int thrower(int v)
{
	std::string text = std::to_string(v);

	throw std::runtime_error(text + "!");
}

} // namespace

extern "C" int shapes_caught(int thrown)
{
	try {
		return thrower(thrown);
	} catch (const std::exception &e) {
		return std::stoi(e.what());
	}
}

extern "C" int shapes_constructed(void)
{
	return shapes.empty() ? 0 : shapes[0]->sides();
}

/* As what it is derived from; what is on the way is destroyed. */
extern "C" int shapes_caught_from_library(int thrown)
{
	auto counter = std::make_shared<int>(thrown);

	try {
		auto held = counter;

		kit_throw(*held);
	} catch (const KitError &e) {
		return counter.use_count() == 1 ? e.value : 0;
	}
	return 0;
}
