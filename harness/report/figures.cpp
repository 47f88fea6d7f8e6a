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

std::uint64_t whole(double number) {
    constexpr double too_much = 18446744073709551616.0;  // 2^64
    if (!(number >= 1)) {
        return 0;
    }
    return number < too_much ? static_cast<std::uint64_t>(number) : UINT64_MAX;
}

std::string elapsed(double seconds) {
    if (!(seconds >= 100)) {
        return fmt::format("{:.1f} s", seconds > 0 ? seconds : 0.0);
    }
    const std::uint64_t all = whole(seconds);
    const std::uint64_t hours = all / 3600;
    const std::uint64_t minutes = all / 60 % 60;
    return hours == 0 ? fmt::format("{}:{:02}", minutes, all % 60)
                      : fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60);
}

double per_second(std::uint64_t number, double seconds) {
    return seconds > 0 ? static_cast<double>(number) / seconds : 0.0;
}

}  // namespace nmistorm::report
