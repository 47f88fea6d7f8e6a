// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/document.h"

namespace nmistorm::report {

/// A document with a case of each verdict, and with all that formats must escape.
inline Document with_cases() {
    using Verdict = Case::Verdict;
    return {
        .command = "storm",
        .verdict = oracle::Outcome::violation,
        .end = {},
        .headline = "2.0 s",
        .provenance = {"nmistorm storm --guest 'a&b.elf'", "kvm_amd", "6.1.0"},
        .advice = "To repeat this run: nmistorm storm --guest 'a&b.elf'",
        .cases = {{.suite = "x86_64", .name = "count", .verdict = Verdict::pass},
                  {.suite = "x86_64",
                   .name = "publish",
                   .verdict = Verdict::pass,
                   .text = "judged in part: no events",
                   .seconds = 0.25},
                  {.suite = "x86_64",
                   .name = "reclaim",
                   .verdict = Verdict::fail,
                   .text = "it was <freed & \"used\"",
                   .lines = {"reclaim (judges guest)", "  # Subtest: \x1b[31m\xff", "not ok 1 \xef\xbf\xbe"}},
                  {.suite = "x86_64", .name = "fresh#ness", .verdict = Verdict::skip, .text = "a\nb"},
                  {.suite = "i386", .name = "coverage", .verdict = Verdict::error, .text = "no swap"},
                  {.suite = "none", .name = "all", .verdict = Verdict::skip, .text = "not here"}},
        .seconds = 2};
}

}  // namespace nmistorm::report
