// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "report/document.h"

/// Strings of anyone, safe where a page has them.
namespace nmistorm::report {

/// For the text of an element, or for an attribute's value in quotes. Control characters, which HTML does not
/// allow, and bytes that are not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

/// JSON for an element `script`, which it cannot end, on one line of ASCII.
std::string script_json(const Json& json);

}  // namespace nmistorm::report
