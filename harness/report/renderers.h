// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "report/document.h"

/// Each is in a file of its own and knows nothing but documents. Its text ends in a newline.
namespace nmistorm::report {

/// The summary for a user. @p colour: with ANSI escapes.
std::string terminal_text(const Document& document, bool colour);

/// A page for a browser, complete in itself: the summary, charts and all figures.
std::string html_text(const Document& document);

/// The figures. Never fails: bytes that are not UTF-8, which a file's name may contain, become U+FFFD.
std::string json_text(const Document& document);

/// The cases for test runners. Neither fails: what the format forbids in a text is replaced.
std::string junit_text(const Document& document);
std::string ktap_text(const Document& document);

}  // namespace nmistorm::report
