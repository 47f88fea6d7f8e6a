// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html_text.h"

#include <fmt/format.h>

#include "report/cases.h"

namespace nmistorm::report {
namespace {

std::string of_character(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        case '\n':
        case '\t':
            return {c};
        default:
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? std::string(replacement)
                                                                     : std::string{c};
    }
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : utf8(text)) {
        safe += of_character(c);
    }
    return safe;
}

std::string script_json(const Json& json) {
    std::string safe;
    // Only strings have these characters, and may have them escaped.
    for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
        safe += c == '<' || c == '>' || c == '&' ? fmt::format("\\u{:04x}", c) : std::string{c};
    }
    return safe;
}

}  // namespace nmistorm::report
