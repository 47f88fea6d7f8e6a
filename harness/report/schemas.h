// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// The formats that are written, with their versions; HACKING.md says when a version is raised. Each has a
/// JSON schema in include/nmistorm/schema/. That of the facts is the schema of one line.
namespace nmistorm::report {

inline constexpr const char* run_schema = "nmistorm.run/2";
inline constexpr const char* matrix_schema = "nmistorm.matrix/2";
inline constexpr const char* explore_schema = "nmistorm.explore/2";
inline constexpr const char* doctor_schema = "nmistorm.doctor/1";
inline constexpr const char* conform_schema = "nmistorm.conform/1";
inline constexpr const char* bench_schema = "nmistorm.bench/1";
inline constexpr const char* merged_schema = "nmistorm.merged/1";
inline constexpr const char* facts_schema = "nmistorm.facts/4";
inline constexpr const char* schedule_schema = "nmistorm.schedule/2";
inline constexpr const char* progress_schema = "nmistorm.progress/3";
inline constexpr const char* provenance_schema = "nmistorm.provenance/1";

}  // namespace nmistorm::report
