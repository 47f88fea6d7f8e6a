// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/run_plan.h"

/// The names of the plan's values, as the command line and the reports spell them.
namespace nmistorm::plan {

std::string_view name(Arch arch);
std::string_view name(Source source);
/// Indexed by Source.
inline constexpr std::string_view source_names[] = {
#define NMISTORM_SOURCE(enumerator, name, by) name,
#include "plan/source.def"
};
/// Other threads than the vCPU's can make its NMIs, while the vCPU runs.
bool by_any_thread(Source source);
std::string_view name(Apic apic);
std::string_view name(Injector injector);
std::string_view name(abi::Cycle cycle);
std::string_view name(abi::Fault fault);
std::string_view name(Observe observe);
std::string to_string(const Pace& pace);                       ///< "lockstep", "rate=1000", "burst=8", "max"
std::string to_string(const Targets& targets);                 ///< "all", "others", "0,2,5"
std::string sources_text(const std::vector<Source>& sources);  ///< "all", "kvm-nmi,msi"
std::string handlers_text(std::uint32_t handlers);             ///< "all", "counting,long"
std::string work_text(std::uint32_t work);                     ///< "all", "busy,idle"
std::string to_string(const std::vector<abi::Fault>& faults);  ///< "none,torn-publish"
std::string to_string(std::chrono::nanoseconds duration);      ///< in the largest unit that divides it

/// "clang-O3,gcc-O0": guest builds.
std::string to_string(const std::vector<std::string>& builds);

inline constexpr std::uint32_t pace_n_max = 100'000;

// In the order of their numbers.
std::vector<abi::Cycle> all_cycles();
std::vector<Source> all_sources();

/// Each is the inverse of the above; nothing if the word is unknown or malformed.
std::optional<Arch> parse_arch(std::string_view word);
std::optional<Source> parse_source(std::string_view word);
std::optional<std::vector<Source>> parse_sources(std::string_view word);  ///< as parse_faults(), and "all"
std::optional<Apic> parse_apic(std::string_view word);
std::optional<Injector> parse_injector(std::string_view word);
std::optional<abi::Cycle> parse_cycle(std::string_view word);
std::optional<abi::Fault> parse_fault(std::string_view word);
std::optional<Observe> parse_observe(std::string_view word);
std::optional<Pace> parse_pace(std::string_view word);
std::optional<Targets> parse_targets(std::string_view word);  ///< list sorted, repetitions dropped
std::optional<std::vector<abi::Fault>> parse_faults(std::string_view word);  ///< likewise

/// "gcc-O0", "clang-O2-lto": how a guest was compiled. The word itself if it is such a name. Which of them
/// the program has, image/embedded.h knows.
std::optional<std::string> parse_guest_build(std::string_view word);
std::optional<std::vector<std::string>> parse_guest_builds(std::string_view word);  ///< as parse_faults()

std::optional<std::uint32_t> parse_handlers(std::string_view word);  ///< at least one
std::optional<std::uint32_t> parse_work(std::string_view word);      ///< at least one

/// "true" or "false": a switch.
std::optional<bool> parse_switch(std::string_view word);

/// @p word; nothing if it is empty or begins with '-', since then the name was forgotten.
std::optional<std::string> parse_file_name(std::string_view word);

inline constexpr std::chrono::hours duration_max{1000};
/// "300us", "500ms", "10s", "5m", "2h": a positive integer and its unit, at most duration_max.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view word);

inline constexpr std::uint64_t size_max = std::uint64_t{1} << 50;
/// "64K", "512M", "2G": a positive integer of 2^10, 2^20 or 2^30 bytes, at most size_max.
std::optional<std::uint64_t> parse_size(std::string_view word);
/// In the largest of these that leaves no rest.
std::string size_text(std::uint64_t bytes);

/// A decimal number from @p least to @p most; nothing but digits.
std::optional<std::uint64_t> parse_number(std::string_view word, std::uint64_t least, std::uint64_t most);

}  // namespace nmistorm::plan
