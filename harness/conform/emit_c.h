// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "conform/case.h"

namespace nmistorm::conform {

/// A C program in one file, of plain ioctls, that runs @p of as a Lab does: exit code 0 if what it sees is
/// permitted, 1 if not, 77 if it cannot run. Builds with `gcc x.c`. A comment says what is right and why;
/// that may be put to who knows neither nmistorm nor its model.
std::string c_program(const Case& of);

}  // namespace nmistorm::conform
