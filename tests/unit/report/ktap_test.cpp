// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/renderers.h"
#include "test_runner_sample.h"

namespace nmistorm::report {
namespace {

TEST(KtapText, has_a_test_for_each_suite_and_in_it_a_subtest_for_each_case) {
    EXPECT_EQ(ktap_text(with_cases()),
              "KTAP version 1\n"
              "# result: violation: 2.0 s\n"
              "# reproduce: nmistorm storm --guest 'a&b.elf'\n"
              "# kvm_backend: kvm_amd\n"
              "# kernel: 6.1.0\n"
              "1..3\n"
              "  KTAP version 1\n"
              "  # Subtest: x86_64\n"
              "  1..4\n"
              "  ok 1 count\n"
              "  # publish: judged in part: no events\n"
              "  ok 2 publish\n"
              "  # reclaim: reclaim (judges guest)\n"
              "  # reclaim:   # Subtest: \\x1b[31m\xef\xbf\xbd\n"
              "  # reclaim: not ok 1 \xef\xbf\xbe\n"
              "  not ok 3 reclaim\n"
              "  ok 4 fresh_ness # SKIP a b\n"
              "not ok 1 x86_64\n"
              "  KTAP version 1\n"
              "  # Subtest: i386\n"
              "  1..1\n"
              "  not ok 1 coverage # ERROR no swap\n"
              "not ok 2 i386\n"
              "  KTAP version 1\n"
              "  # Subtest: none\n"
              "  1..1\n"
              "  ok 1 all # SKIP not here\n"
              "ok 3 none # SKIP all of it\n"
              "# nmistorm: To repeat this run: nmistorm storm --guest 'a&b.elf'\n");
}

TEST(KtapText, of_a_text_with_several_lines_has_each_as_a_diagnostic) {
    Document document = with_cases();
    document.cases = {{.suite = "s",
                       .name = "n",
                       .verdict = Case::Verdict::fail,
                       .text = "first",
                       .lines = {"one\nok 1 n\n", "", "1..7\r\nKTAP version 1"}}};
    EXPECT_THAT(ktap_text(document), testing::HasSubstr("  # n: one\n"
                                                        "  # n: ok 1 n\n"
                                                        "  # n: \n"
                                                        "  # n: \n"
                                                        "  # n: 1..7\\x0d\n"
                                                        "  # n: KTAP version 1\n"
                                                        "  not ok 1 n\n"
                                                        "not ok 1 s\n"));
}

TEST(KtapText, has_nothing_that_the_kernels_parser_would_take_for_something_else) {
    Document document = with_cases();
    const auto named = [](const char* name) {
        return Case{.suite = "storm", .name = name, .verdict = Case::Verdict::fail, .text = "why"};
    };
    document.cases = {named("storm"), named("Subtest"), named("Subtest: b"), named("- b")};
    document.cases.push_back(
        {.suite = "storm", .name = "reason", .verdict = Case::Verdict::error, .text = "a # SKIP b"});
    EXPECT_THAT(ktap_text(document), testing::HasSubstr("  # storm_: why\n"
                                                        "  not ok 1 storm_\n"
                                                        "  # _Subtest: why\n"
                                                        "  not ok 2 Subtest\n"
                                                        "  # _Subtest: b: why\n"
                                                        "  not ok 3 Subtest: b\n"
                                                        "  # _- b: why\n"
                                                        "  not ok 4 _- b\n"
                                                        "  not ok 5 reason # ERROR a _ SKIP b\n"
                                                        "not ok 1 storm\n"));
}

}  // namespace
}  // namespace nmistorm::report
