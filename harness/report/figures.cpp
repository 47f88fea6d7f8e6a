// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/figures.h"

#include <fmt/format.h>

namespace nmistorm::report {

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t digits = 3; digits < text.size(); digits += 4) {
        text.insert(text.size() - digits, 1, ',');
    }
    return text;
}

std::string counted(std::uint64_t number, std::string_view noun) {
    return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string elapsed(double seconds) {
    if (!(seconds >= 100)) {
        return fmt::format("{:.1f} s", seconds > 0 ? seconds : 0.0);
    }
    const auto whole = static_cast<std::uint64_t>(seconds);
    const std::uint64_t hours = whole / 3600;
    const std::uint64_t minutes = whole / 60 % 60;
    return hours == 0 ? fmt::format("{}:{:02}", minutes, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
}

double per_second(std::uint64_t number, double seconds) {
    return seconds > 0 ? static_cast<double>(number) / seconds : 0.0;
}

}  // namespace nmistorm::report
