// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "report/json_value.h"

namespace nmistorm::report {

/// Expects that @p read, which reads a file, takes each text that is almost @p text or refuses it with a
/// UsageError of one line: each beginning of it, and each byte replaced.
inline void expect_refused_or_read(const std::string& text, auto read) {
    const auto damaged = [&read](const std::string& almost) {
        try {
            read(almost);
        } catch (const UsageError& error) {
            EXPECT_FALSE(has_control_characters(error.what())) << error.what();
        } catch (...) {
            ADD_FAILURE() << "not a UsageError: " << almost;
        }
    };
    for (std::size_t size = 0; size < text.size(); ++size) {
        damaged(text.substr(0, size));
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string almost = text;
        for (const char other : {char(text[at] ^ 1), char(text[at] ^ 0x80), '\0', '\x1b', '\n', '"', '\\',
                                 ',', '-', '9', 'e', '[', '}'}) {
            almost[at] = other;
            damaged(almost);
        }
    }
}

/// The sentence with which @p read refuses the file.
inline std::string refusal(auto read) {
    try {
        read();
    } catch (const UsageError& error) {
        return error.what();
    }
    return "accepted";
}

/// @p text with @p from replaced.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace nmistorm::report
