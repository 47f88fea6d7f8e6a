// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "bench/bench.h"
#include "campaign/matrix.h"
#include "engines/explore/explore.h"
#include "engines/storm.h"

/// What a command has done so far: one line of ASCII, at most `width` characters, without an end of line.
namespace nmistorm::commands {

/// @p nmis_per_s: handled, over the last moments. Fields that do not fit are left out, the least important
/// first.
std::string status_line(const engines::StormStatus& status, double nmis_per_s, std::size_t width);
std::string status_line(const engines::explore::ExploreStatus& status, std::size_t width);
std::string status_line(const campaign::MatrixStatus& status, std::size_t width);
std::string status_line(const bench::BenchStatus& status, std::size_t width);

}  // namespace nmistorm::commands
