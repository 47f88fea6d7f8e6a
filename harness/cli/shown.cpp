// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/shown.h"

#include <fmt/format.h>

namespace nmistorm::cli {

std::string printable(std::string_view word) {
    std::string text;
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        text += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return text;
}

std::string shown(std::string_view word) {
    return "'" + printable(word) + "'";
}

}  // namespace nmistorm::cli
