// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/renderers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

using oracle::Rule;

/// With everything that a document can have.
Document full() {
    return {
        .command = "storm",
        .verdict = oracle::Outcome::violation,
        .interrupted = true,
        .end = "interrupted",
        .headline = "2.0 s, 1 NMI",
        .provenance = {"nmistorm storm", "kvm_amd", "6.1.0"},
        .guest = "x86_64, embedded image, fault none",
        .rows = {{"NMIs", "1 requested"}, {"grace period", "none"}},
        .limits = {{Rule::count, true, "no events"},
                   {Rule::freshness, false, "no events"},
                   {Rule::publish, true, "only tripwires"},
                   {Rule::nesting, true, "no events"},
                   {Rule::allocation, false, "no events"}},
        .tables = {{.columns = {{"name"}, {"n", Align::right}}, .rows = {{"a", "1"}}},
                   {.columns = {{"b"}}, .rows = {{"2"}}, .indent = 2}},
        .notes = {"A note.", "Another\nof two lines."},
        .findings = {{.title = "reclaim", .text = " (judges guest)", .lines = {"  it was freed", "    free"}},
                     {.title = "publish", .text = {}, .lines = {}},
                     {.title = "count", .text = {}, .lines = {}}},
        .findings_shown = 2,
        .advice = "To repeat this run: nmistorm storm",
        .appendix = {{.title = "Hits", .columns = {{""}}, .rows = {{"do_nmi"}}}},
        .figures = {{"schema", "x/1"}, {"list", Json::array()}, {"file", "\xff"}}};
}

TEST(TerminalText, has_everything_in_its_order) {
    EXPECT_EQ(terminal_text(full(), false),
              "VIOLATION (interrupted)  2.0 s, 1 NMI\n"
              "  host          kvm_amd, Linux 6.1.0\n"
              "  guest         x86_64, embedded image, fault none\n"
              "  NMIs          1 requested\n"
              "  grace period  none\n"
              "  in part       count, nesting: no events\n"
              "  not judged    freshness, allocation: no events\n"
              "  in part       publish: only tripwires\n"
              "\n"
              "name  n\n"
              "a     1\n"
              "\n"
              "  b\n"
              "  2\n"
              "\n"
              "A note.\n"
              "\n"
              "Another\n"
              "of two lines.\n"
              "\n"
              "reclaim (judges guest)\n"
              "  it was freed\n"
              "    free\n"
              "\n"
              "publish\n"
              "\n"
              "and 1 more finding; --json has all\n"
              "\n"
              "Hits\n"
              "do_nmi\n"
              "\n"
              "To repeat this run: nmistorm storm\n");
}

TEST(TerminalText, of_a_document_with_little_has_no_empty_parts) {
    Document document;
    document.headline = "0.0 s";
    document.provenance = {{}, "kvm_amd", "6.1.0"};
    EXPECT_EQ(terminal_text(document, false), "PASS  0.0 s\n  host          kvm_amd, Linux 6.1.0\n");
}

TEST(TerminalText, has_colours_for_the_verdict_and_titles) {
    const std::string text = terminal_text(full(), true);
    EXPECT_THAT(text, testing::StartsWith("\x1b[1;31mVIOLATION\x1b[0m (interrupted)  "));
    EXPECT_THAT(text, testing::HasSubstr("\n\x1b[1mreclaim\x1b[0m (judges guest)\n"));
    Document document = full();
    document.verdict = oracle::Outcome::pass;
    EXPECT_THAT(terminal_text(document, true), testing::StartsWith("\x1b[1;32mPASS\x1b[0m"));
    document.verdict = oracle::Outcome::inconclusive;
    EXPECT_THAT(terminal_text(document, true), testing::StartsWith("\x1b[1;33mINCONCLUSIVE\x1b[0m"));
}

TEST(JsonText, is_the_figures_in_their_order_and_always_utf_8) {
    EXPECT_EQ(json_text(full()),
              "{\n"
              "  \"schema\": \"x/1\",\n"
              "  \"list\": [],\n"
              "  \"file\": \"\xef\xbf\xbd\"\n"
              "}\n");
}

TEST(ExitCode, follows_the_verdict_and_a_violation_outweighs_an_interruption) {
    Document document;
    for (const auto& [verdict, code, interrupted] : {std::tuple(oracle::Outcome::pass, 0, 130),
                                                     {oracle::Outcome::inconclusive, 3, 130},
                                                     {oracle::Outcome::violation, 1, 1}}) {
        document.verdict = verdict;
        document.interrupted = false;
        EXPECT_EQ(exit_code(document), code);
        document.interrupted = true;
        EXPECT_EQ(exit_code(document), interrupted);
    }
}

}  // namespace
}  // namespace nmistorm::report
