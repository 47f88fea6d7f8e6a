// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/renderers.h"
#include "test_runner_sample.h"

namespace nmistorm::report {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string properties =
    "    <properties>\n"
    "      <property name=\"result\" value=\"violation: 2.0 s\" />\n"
    "      <property name=\"reproduce\" value=\"nmistorm storm --guest 'a&amp;b.elf'\" />\n"
    "      <property name=\"kvm_backend\" value=\"kvm_amd\" />\n"
    "      <property name=\"kernel\" value=\"6.1.0\" />\n"
    "    </properties>\n";

TEST(JunitText, has_a_suite_for_each_and_in_it_a_case_for_each) {
    EXPECT_EQ(junit_text(with_cases()),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<testsuites name=\"nmistorm storm\" tests=\"6\" failures=\"1\" errors=\"1\" time=\"2.000\">\n"
              "  <testsuite name=\"x86_64\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\" "
              "time=\"0.250\">\n" +
                  properties +
                  "    <testcase classname=\"nmistorm.storm.x86_64\" name=\"count\" time=\"0.000\" />\n"
                  "    <testcase classname=\"nmistorm.storm.x86_64\" name=\"publish\" time=\"0.250\">\n"
                  "      <system-out>judged in part: no events</system-out>\n"
                  "    </testcase>\n"
                  "    <testcase classname=\"nmistorm.storm.x86_64\" name=\"reclaim\" time=\"0.000\">\n"
                  "      <failure message=\"it was &lt;freed &amp; &quot;used&quot;\" type=\"violation\">"
                  "reclaim (judges guest)\n"
                  "  # Subtest: \xef\xbf\xbd[31m\xef\xbf\xbd\n"
                  "not ok 1 \xef\xbf\xbd\n"
                  "\n"
                  "To repeat this run: nmistorm storm --guest 'a&amp;b.elf'</failure>\n"
                  "    </testcase>\n"
                  "    <testcase classname=\"nmistorm.storm.x86_64\" name=\"fresh#ness\" time=\"0.000\">\n"
                  "      <skipped message=\"a&#10;b\" />\n"
                  "    </testcase>\n"
                  "  </testsuite>\n"
                  "  <testsuite name=\"i386\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" "
                  "time=\"2.000\">\n" +
                  properties +
                  "    <testcase classname=\"nmistorm.storm.i386\" name=\"coverage\" time=\"0.000\">\n"
                  "      <error message=\"no swap\" type=\"inconclusive\">no swap\n"
                  "\n"
                  "To repeat this run: nmistorm storm --guest 'a&amp;b.elf'</error>\n"
                  "    </testcase>\n"
                  "  </testsuite>\n"
                  "  <testsuite name=\"none\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\" "
                  "time=\"2.000\">\n" +
                  properties +
                  "    <testcase classname=\"nmistorm.storm.none\" name=\"all\" time=\"0.000\">\n"
                  "      <skipped message=\"not here\" />\n"
                  "    </testcase>\n"
                  "  </testsuite>\n"
                  "</testsuites>\n");
}

TEST(JunitText, replaces_every_character_that_xml_forbids_and_keeps_the_rest) {
    Document document = with_cases();
    std::string all;
    for (int c = 1; c < 0x80; ++c) {
        all += static_cast<char>(c);
    }
    document.cases = {
        {.suite = "s", .name = all + "\xe2\x82\xac\xed\xa0\x80", .verdict = Case::Verdict::pass}};
    const std::string text = junit_text(document);
    EXPECT_THAT(text, HasSubstr("~\x7f\xe2\x82\xac\xef\xbf\xbd"));
    EXPECT_THAT(text, testing::AnyOf(HasSubstr("&#9;&#10;"), HasSubstr("&#09;&#10;")));
    for (unsigned char c = 1; c < 0x20; ++c) {
        EXPECT_EQ(text.find(static_cast<char>(c)) != std::string::npos, c == '\n') << int{c};
    }
    for (const char* reference : {"&#1;", "&#01;", "&#8;", "&#08;", "&#13;", "&#27;", "&#31;"}) {
        EXPECT_THAT(text, Not(HasSubstr(reference)));  // forbidden, too
    }
}

}  // namespace
}  // namespace nmistorm::report
