// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Figures in the form in which reports print them.
namespace nmistorm::report {

std::string grouped(std::uint64_t number);                         ///< "1,234,567"
std::string counted(std::uint64_t number, std::string_view noun);  ///< "1 vCPU", "2,000 vCPUs"
std::string elapsed(double seconds);                               ///< "9.8 s", "2:05", "1:00:00"
std::uint64_t whole(double number);  ///< rounded down; the nearest there is if it does not fit
double per_second(std::uint64_t number, double seconds);  ///< 0 if no time has passed

}  // namespace nmistorm::report
