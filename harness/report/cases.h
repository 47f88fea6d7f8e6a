// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/document.h"

/// What the reports for test runners have in common.
namespace nmistorm::report {

/// What a case is whose outcome is known.
Case::Verdict verdict_of(oracle::Outcome outcome);

/// A case for each rule: what @p findings have its name, or that @p limits rule it out.
std::vector<Case> rule_cases(const std::string& suite, const std::vector<oracle::Limit>& limits,
                             const std::vector<FindingText>& findings);

struct Suite {
    std::string name;
    std::vector<Case> cases;

    [[nodiscard]] std::size_t count(Case::Verdict verdict) const;
    /// The worst of its cases: fail, error, pass, and skip only if all were skipped.
    [[nodiscard]] Case::Verdict verdict() const;
};

/// All cases, by suite in the order in which these come first. If none of them says why the program's exit
/// code is not 0, such as that it was interrupted, there is one more case that does.
std::vector<Suite> suites_of(const Document& document);

/// The result in one line, and where it comes from.
std::vector<Row> properties_of(const Document& document);

/// U+FFFD, in the place of a character that cannot be shown.
inline constexpr std::string_view replacement = "\xef\xbf\xbd";
/// @p text as UTF-8: what is none becomes U+FFFD.
std::string utf8(std::string_view text);

}  // namespace nmistorm::report
