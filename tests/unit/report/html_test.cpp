// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "report/html_text.h"
#include "report/renderers.h"
#include "sample.h"

namespace nmistorm::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* attack = "</script><img src=x onerror=alert(1)>\"'&\xe2\x80\xa8\xff\x01";

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

/// The JSON in the element with this id, as a browser reads it.
Json data(const std::string& page, const std::string& id) {
    const std::string begin = "<script type=\"application/json\" id=\"" + id + "\">";
    const std::size_t at = page.find(begin);
    EXPECT_NE(at, std::string::npos) << id;
    const std::size_t from = at + begin.size();
    return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

/// Of a command that has nothing to say.
Document nothing() {
    return {.command = "storm", .end = "", .headline = "", .provenance = {}};
}

TEST(Escaped, leaves_no_markup_no_control_character_and_no_byte_that_is_not_utf_8) {
    EXPECT_EQ(escaped("a<b> & \"c\" 'd'\n\t\xc3\xa9"),
              "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;\n\t\xc3\xa9");
    EXPECT_EQ(escaped(std::string("a\x01\x7f\xff") + '\0'),
              "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(ScriptJson, cannot_end_its_element_or_a_line_and_means_the_same) {
    const std::string text = script_json({{"name", attack}});
    EXPECT_THAT(text, Not(HasSubstr("<")));
    EXPECT_THAT(text, Not(HasSubstr("&")));
    EXPECT_THAT(text, HasSubstr("\\u2028"));
    EXPECT_EQ(Json::parse(text)["name"],
              "</script><img src=x onerror=alert(1)>\"'&\xe2\x80\xa8\xef\xbf\xbd\x01");
}

TEST(HtmlText, of_strings_that_are_markup_has_no_more_elements_than_of_harmless_ones) {
    const auto page_with = [](const std::string& name) {
        RunReport report = passed_over_time(3);
        report.image = name;
        report.provenance = {name, name, name};
        report.command = name;
        report.image_fault = name;
        oracle::Finding finding = use_after_free();
        finding.detail = name;
        finding.where = name;
        report.findings = {finding};
        report.observation.limits = {{oracle::Rule::count, true, name}};
        report.observation.left_out = {name};
        report.observation.plan.profile = true;
        report.profile = {{name, 1}};
        Document document = report::document(report);
        document.tables = {{.title = name, .columns = {{name}}, .rows = {{name}}, .rest = name}};
        document.notes = {name};
        document.headline = name;
        document.end = name;
        document.guest = name;
        document.charts[0].title = name;
        document.charts[0].lines[0].name = name;
        document.advice = "go on with " + name;
        return html_text(document);
    };
    const std::string harmless = page_with("harmless");
    const std::string attacked = page_with(attack);
    EXPECT_GT(count(harmless, "harmless"), 20U);
    EXPECT_EQ(count(attacked, "<"), count(harmless, "<"));
    EXPECT_EQ(count(attacked, "</script"), count(harmless, "</script"));
    EXPECT_THAT(attacked, Not(HasSubstr("<img")));
    EXPECT_THAT(attacked, Not(HasSubstr("\xff")));
}

TEST(HtmlText, has_the_verdict_first_then_the_command_that_repeats_it_and_where_it_ran) {
    RunReport report = passed();
    report.findings = {use_after_free()};
    const std::string page = html_text(document(report));
    const std::size_t verdict = page.find(
        "<h1><span class=\"verdict violation\" id=\"verdict\">VIOLATION</span> nmistorm storm</h1>");
    const std::size_t command = page.find("<code id=\"reproduce\">nmistorm storm --seed 7</code>");
    const std::size_t host = page.find("<dt>host</dt><dd>kvm_amd, Linux 6.1.0</dd>");
    const std::size_t finding = page.find("<h3>reclaim (judges guest), vCPU 1, generation 42</h3>");
    ASSERT_NE(verdict, std::string::npos);
    ASSERT_NE(finding, std::string::npos);
    EXPECT_LT(page.find("<body>"), verdict);
    EXPECT_LT(verdict, command);
    EXPECT_LT(command, host);
    EXPECT_LT(host, finding);
    EXPECT_THAT(page, HasSubstr("<title>VIOLATION nmistorm storm</title>"));
}

TEST(HtmlText, has_every_verdict_as_a_word_and_as_a_colour) {
    Document document = nothing();
    for (const auto& [verdict, span] :
         {std::pair(oracle::Outcome::pass, "<span class=\"verdict pass\" id=\"verdict\">PASS</span>"),
          {oracle::Outcome::violation, "<span class=\"verdict violation\" id=\"verdict\">VIOLATION</span>"},
          {oracle::Outcome::inconclusive,
           "<span class=\"verdict inconclusive\" id=\"verdict\">INCONCLUSIVE</span>"}}) {
        document.verdict = verdict;
        EXPECT_THAT(html_text(document), HasSubstr(span));
    }
}

TEST(HtmlText, of_a_finding_has_its_sentence_and_a_column_of_events_for_each_vcpu) {
    RunReport report = passed();
    report.findings = {use_after_free()};
    const std::string page = html_text(document(report));
    EXPECT_THAT(page,
                HasSubstr("<p>the handler used generation 42 after its free</p>\n"
                          "<pre tabindex=\"0\">at counting_callback+0x0 handlers/counting.cpp:12</pre>"));
    EXPECT_THAT(page, HasSubstr("<th scope=\"col\">vCPU 0</th><th scope=\"col\">vCPU 1</th>"));
    EXPECT_THAT(page,
                HasSubstr("<tr><th scope=\"row\" class=\"right\">100</th><td>free block 0x20000, generation "
                          "42</td><td></td></tr>"));
    EXPECT_THAT(page, HasSubstr("<tr class=\"last\"><th scope=\"row\" class=\"right\">101</th><td></td>"
                                "<td>nmi_leave callback 0x10040, generation 42 answered</td></tr>"));
}

TEST(HtmlText, of_a_finding_without_events_has_all_its_lines) {
    Document document = nothing();
    document.findings = {
        {.title = "reclaim", .text = "", .lines = {"  it was freed", "    vcpu 0", "  listing"}}};
    EXPECT_THAT(html_text(document),
                HasSubstr("<p>it was freed</p>\n<pre tabindex=\"0\">  vcpu 0\nlisting</pre>"));
}

TEST(HtmlText, has_all_findings_although_a_summary_shows_some) {
    RunReport report = passed();
    report.findings.assign(12, use_after_free());
    EXPECT_EQ(count(html_text(document(report)), "<article class=\"finding is-violation\">"), 12U);
}

TEST(HtmlText, colours_what_a_row_says_of_a_test) {
    Document document = nothing();
    document.tables = {{.columns = {{"fault"}, {"verdict"}},
                        .rows = {{"leak", "found 1/1"}, {"count-late", "missed 1/1"}, {"none", "not shown"}},
                        .outcomes = {oracle::Outcome::pass, oracle::Outcome::violation, std::nullopt},
                        .outcome_column = 1}};
    const std::string page = html_text(document);
    EXPECT_THAT(page, HasSubstr("<th scope=\"row\">leak</th><td class=\"outcome pass\">found 1/1</td>"));
    EXPECT_THAT(page, HasSubstr("<td class=\"outcome violation\">missed 1/1</td>"));
    EXPECT_THAT(page, HasSubstr("<th scope=\"row\">none</th><td>not shown</td>"));
}

TEST(HtmlText, has_the_figures_of_the_json_and_charts_that_agree_with_them) {
    const RunReport report = passed_over_time(50);
    const std::string page = html_text(document(report));
    const Json figures = data(page, "figures");
    EXPECT_EQ(figures, Json::parse(json_text(document(report))));
    const Json charts = data(page, "charts");
    const std::vector<std::pair<std::string, std::string>> rates = {
        {"NMIs over time", "handled"}, {"Overlaps over time", "overlaps"}, {"Swaps over time", "swaps"}};
    for (std::size_t i = 0; i < rates.size(); ++i) {
        EXPECT_EQ(charts[i]["title"], rates[i].first);
        const Json& series = figures["series"];
        EXPECT_EQ(charts[i]["x"], series["end_s"]);
        double begin = 0;
        std::uint64_t sum = 0;
        for (std::size_t n = 0; n < charts[i]["x"].size(); ++n) {
            const double end = charts[i]["x"][n].get<double>();
            const double rate = charts[i]["lines"][0]["y"][n].get<double>();
            sum += static_cast<std::uint64_t>(std::llround(rate * (end - begin)));
            begin = end;
        }
        std::uint64_t expected = 0;
        for (const Json& value : series[rates[i].second]) {
            expected += value.get<std::uint64_t>();
        }
        EXPECT_EQ(sum, expected) << rates[i].first;
    }
    EXPECT_EQ(charts[3]["title"], "Grace periods over time");
    EXPECT_EQ(charts[3]["lines"][2]["y"], figures["series"]["grace_period_us"]["max"]);
    EXPECT_EQ(charts[4]["kind"], "bars");
    std::uint64_t grace_periods = 0;
    for (const Json& bar : charts[4]["lines"][0]["y"]) {
        grace_periods += bar.get<std::uint64_t>();
    }
    EXPECT_EQ(grace_periods, report.tally.grace_period_ticks.count());
}

TEST(HtmlText, has_the_figures_of_each_chart_as_a_table_too) {
    const std::string page = html_text(document(passed_over_time(3)));
    const std::size_t charts = data(page, "charts").size();
    EXPECT_EQ(charts, 6U);
    EXPECT_EQ(count(page, "<div class=\"plot\" data-chart="), charts);
    EXPECT_EQ(count(page, "<caption>Figures of: "), charts);
    EXPECT_THAT(page, HasSubstr("<th scope=\"row\" class=\"right\">0.1</th><td class=\"right\">1,240</td>"));
}

TEST(HtmlText, has_the_nmis_of_each_vcpu) {
    EXPECT_THAT(
        html_text(document(passed())),
        HasSubstr(
            "<tr><th scope=\"row\" class=\"right\">1</th><td>yes</td><td class=\"right\">2,004</td>"
            "<td class=\"right\">2,002</td><td class=\"right\">2,000</td><td class=\"right\">200</td>"));
}

TEST(HtmlText, asks_for_nothing_from_elsewhere) {
    const std::string page = html_text(document(passed_over_time(3)));
    EXPECT_THAT(page, HasSubstr("Content-Security-Policy\" content=\"default-src 'none';"));
    for (const char* way : {" src=", " href=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("}) {
        EXPECT_THAT(page, Not(HasSubstr(way)));
    }
}

TEST(HtmlText, is_below_two_megabytes_for_the_longest_series_and_below_a_quarter_for_a_short_one) {
    RunReport report = passed_over_time(oracle::Series::most);
    report.findings.assign(80, use_after_free());
    EXPECT_LT(html_text(document(report)).size(), 2'000'000U);
    EXPECT_LT(html_text(document(passed_over_time(100))).size(), 250'000U);
}

TEST(HtmlText, says_which_version_made_the_report) {
    RunReport report = passed();
    report.provenance.version = "9.8.7";
    EXPECT_THAT(html_text(document(report)), HasSubstr("<footer>Written by nmistorm 9.8.7. "));
    report.provenance.version.clear();
    EXPECT_THAT(html_text(document(report)), HasSubstr("<footer>Written by nmistorm. ")) << "it is not known";
}

TEST(HtmlText, of_a_document_with_little_has_no_empty_parts) {
    const Document document = nothing();
    const std::string page = html_text(document);
    EXPECT_THAT(page, Not(HasSubstr("<h2>")));
    EXPECT_THAT(page, Not(HasSubstr("<table")));
    EXPECT_THAT(page, Not(HasSubstr("id=\"copy\" hidden")));
    EXPECT_EQ(page.back(), '\n');
}

}  // namespace
}  // namespace nmistorm::report
