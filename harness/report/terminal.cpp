// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/figures.h"
#include "report/renderers.h"

namespace nmistorm::report {
namespace {

/// The summary so far.
struct Page {
    const bool colour;
    std::string text;

    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        text += fmt::format(format, std::forward<Args>(args)...) + "\n";
    }
    void row(std::string_view label, std::string_view what) { line("  {:<13} {}", label, what); }
    [[nodiscard]] std::string painted(std::string_view ansi, std::string_view what) const {
        return colour ? fmt::format("\x1b[{}m{}\x1b[0m", ansi, what) : std::string(what);
    }
};

std::string banner(const Page& page, oracle::Outcome verdict) {
    switch (verdict) {
        case oracle::Outcome::pass:
            return page.painted("1;32", "PASS");
        case oracle::Outcome::violation:
            return page.painted("1;31", "VIOLATION");
        case oracle::Outcome::inconclusive:
            break;
    }
    return page.painted("1;33", "INCONCLUSIVE");
}

/// A row for each reason, with all rules that have it.
void limits(Page& page, const std::vector<oracle::Limit>& limits) {
    for (auto limit = limits.begin(); limit != limits.end(); ++limit) {
        const auto alike = [&limit](const oracle::Limit& other) {
            return other.in_part == limit->in_part && other.why == limit->why;
        };
        if (std::any_of(limits.begin(), limit, alike)) {
            continue;
        }
        std::string rules(oracle::name(limit->rule));
        for (auto other = limit + 1; other != limits.end(); ++other) {
            rules += alike(*other) ? fmt::format(", {}", oracle::name(other->rule)) : "";
        }
        page.row(limit->in_part ? "in part" : "not judged", fmt::format("{}: {}", rules, limit->why));
    }
}

void findings(Page& page, const Document& document) {
    const std::size_t shown = std::min(document.findings.size(), document.findings_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        const FindingText& finding = document.findings[i];
        page.line("\n{}{}", page.painted("1", finding.title), finding.text);
        for (const std::string& line : finding.lines) {
            page.line("{}", line);
        }
    }
    if (shown < document.findings.size()) {
        page.line("\nand {}; --json has all", counted(document.findings.size() - shown, "more finding"));
    }
}

}  // namespace

std::string terminal_text(const Document& document, bool colour) {
    Page page{colour, {}};
    const Provenance& from = document.provenance;
    page.line("{}{}  {}", banner(page, document.verdict),
              document.end.empty() ? "" : fmt::format(" ({})", document.end), document.headline);
    page.row("host", fmt::format("{}, Linux {}", from.kvm_backend, from.kernel));
    if (!document.guest.empty()) {
        page.row("guest", document.guest);
    }
    for (const Row& row : document.rows) {
        page.row(row.label, row.text);
    }
    limits(page, document.limits);
    for (const Table& table : document.tables) {
        page.text += "\n" + text_of(table);
    }
    for (const std::string& note : document.notes) {
        page.line("\n{}", note);
    }
    findings(page, document);
    for (const Table& table : document.appendix) {
        page.text += "\n" + text_of(table);
    }
    if (!document.advice.empty()) {
        page.line("\n{}", document.advice);  // last, where one looks for it in a log
    }
    return page.text;
}

}  // namespace nmistorm::report
