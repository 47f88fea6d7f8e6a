// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/shown.h"

#include <fmt/format.h>

namespace nmistorm {
namespace {

std::string printable_up_to(unsigned char last, std::string_view word) {
    std::string text;
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        text +=
            byte < 0x20 || byte == 0x7f || byte > last ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return text;
}

}  // namespace

std::string printable(std::string_view word) {
    return printable_up_to(0xff, word);
}

std::string printable_ascii(std::string_view word) {
    return printable_up_to('~', word);
}

std::string shown(std::string_view word) {
    return "'" + printable(word) + "'";
}

}  // namespace nmistorm
