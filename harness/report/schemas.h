// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// The formats that are written, with their versions; HACKING.md says when a version is raised.
namespace nmistorm::report {

inline constexpr const char* run_schema = "nmistorm.run/2";
inline constexpr const char* matrix_schema = "nmistorm.matrix/2";
inline constexpr const char* explore_schema = "nmistorm.explore/2";
inline constexpr const char* facts_schema = "nmistorm.facts/1";

}  // namespace nmistorm::report
