// SPDX-License-Identifier: GPL-2.0-or-later
// The report as one page for a browser. It needs no network, and is complete without its script, which draws
// the charts: report/page/.
#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/fact_text.h"
#include "report/figures.h"
#include "report/html_text.h"
#include "report/json_parts.h"
#include "report/renderers.h"

// Made by nmistorm_embed_texts() in harness/CMakeLists.txt.
extern "C" const char nmistorm_text_page_css[];
extern "C" const char nmistorm_text_dark_css[];
extern "C" const char nmistorm_text_page_js[];
extern "C" const char nmistorm_text_uplot_css[];
extern "C" const char nmistorm_text_uplot_js[];
extern "C" const char nmistorm_text_uplot_licence[];

namespace nmistorm::report {
namespace {

/// The page so far.
class Page {
  public:
    std::string text;

    /// Adds a line. Its arguments are escaped, so that the format has all the markup.
    template <typename... Args>
    void line(fmt::format_string<std::conditional_t<true, std::string, Args>...> format,
              const Args&... args) {
        text += fmt::format(format, escaped(args)...) + "\n";
    }
    void heading(std::string_view what) { line("<h2>{}</h2>", what); }
    void raw(std::string_view markup) { text += markup; }
};

std::string verdict_word(oracle::Outcome verdict) {
    std::string word(oracle::name(verdict));
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return word;
}

std::string shown(const std::optional<double>& value) {
    constexpr double many = 1000;
    if (!value) {
        return "–";
    }
    return *value >= many ? grouped(whole(*value + 0.5)) : fmt::format("{:.4g}", *value);
}

std::string without_indentation(std::string_view line) {
    return std::string(line.substr(std::min(line.find_first_not_of(' '), line.size())));
}

/// Lines as they are, but for the indentation that all of them have.
std::string block(std::vector<std::string> lines) {
    std::size_t indentation = SIZE_MAX;
    for (const std::string& each : lines) {
        if (!each.empty()) {
            indentation = std::min(indentation, each.find_first_not_of(' '));
        }
    }
    for (std::string& each : lines) {
        each.erase(0, indentation);
    }
    return fmt::format("{}", fmt::join(lines, "\n"));
}

void block(Page& page, const std::vector<std::string>& lines) {
    page.line("<pre tabindex=\"0\">{}</pre>", block(lines));
}

// --- tables ---

void heading_cell(Page& page, const std::string& heading, bool right) {
    if (heading.empty()) {
        page.raw("<td></td>");
    } else {
        page.raw(
            fmt::format("<th scope=\"col\"{}>{}</th>", right ? " class=\"right\"" : "", escaped(heading)));
    }
}

/// The class of a cell, as an attribute.
std::string cell_class(const Table& table, std::size_t row, std::size_t column) {
    constexpr std::size_t long_text = 40;
    if (row < table.outcomes.size() && table.outcomes[row] && column == table.outcome_column) {
        return fmt::format(" class=\"outcome {}\"", oracle::name(*table.outcomes[row]));
    }
    if (table.columns[column].align == Align::right) {
        return " class=\"right\"";
    }
    return table.rows[row][column].size() > long_text ? " class=\"says\"" : "";
}

/// @p called: what it is, if it has no title.
void add(Page& page, const Table& table, std::string_view called) {
    const std::string title = table.title.empty() ? std::string(called) : table.title;
    page.line("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>", title);
    page.line("<caption>{}</caption>", title);
    if (std::ranges::any_of(table.columns, [](const Column& column) { return !column.heading.empty(); })) {
        page.raw("<thead><tr>");
        for (const Column& column : table.columns) {
            heading_cell(page, column.heading, column.align == Align::right);
        }
        page.raw("</tr></thead>\n");
    }
    page.raw("<tbody>\n");
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        page.raw("<tr>");
        for (std::size_t column = 0; column < table.columns.size(); ++column) {
            const std::string tag = column == 0 ? "th" : "td";
            page.raw(fmt::format("<{}{}{}>{}</{}>", tag, column == 0 ? " scope=\"row\"" : "",
                                 cell_class(table, row, column), escaped(table.rows[row][column]), tag));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    if (!table.rest.empty()) {
        page.line("<p>{}</p>", table.rest);
    }
}

void tables(Page& page, const std::vector<Table>& tables, std::string_view heading) {
    if (!tables.empty()) {
        page.heading(heading);
    }
    for (const Table& table : tables) {
        add(page, table, heading);
    }
}

// --- the top: what a reader wants first ---

void top(Page& page, const Document& document) {
    page.raw("<header>\n<div class=\"top\">\n");
    page.line("<h1><span class=\"verdict {}\" id=\"verdict\">{}</span> nmistorm {}{}</h1>",
              std::string(oracle::name(document.verdict)), verdict_word(document.verdict), document.command,
              document.end.empty() ? "" : fmt::format(" ({})", document.end));
    page.raw("<button type=\"button\" id=\"theme\" aria-pressed=\"false\" hidden>Dark</button>\n</div>\n");
    page.line("<p>{}</p>", document.headline);
    const Provenance& from = document.provenance;
    if (!from.reproduce.empty()) {
        page.line(
            "<div class=\"command\"><pre tabindex=\"0\" aria-label=\"The command that repeats it\"><code "
            "id=\"reproduce\">{}</code></pre>",
            from.reproduce);
        page.raw("<button type=\"button\" id=\"copy\" hidden>Copy the command</button></div>\n");
    }
    if (!document.advice.empty() && document.advice.find(from.reproduce) == std::string::npos) {
        page.line("<p>{}</p>", document.advice);
    }
    page.raw("<dl>\n");
    page.line("<dt>host</dt><dd>{}, Linux {}</dd>", from.kvm_backend, from.kernel);
    if (!document.guest.empty()) {
        page.line("<dt>guest</dt><dd>{}</dd>", document.guest);
    }
    for (const Row& row : document.rows) {
        page.line("<dt>{}</dt><dd>{}</dd>", row.label, row.text);
    }
    page.raw("</dl>\n</header>\n");
}

// --- findings ---

/// The events around a finding: a column for each vCPU that has any.
void timeline(Page& page, const std::vector<oracle::Recorded>& around) {
    std::set<unsigned> vcpus;
    for (const oracle::Recorded& each : around) {
        vcpus.insert(each.at.vcpu);
    }
    page.raw(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"The events around it\"><table "
        "class=\"events\">\n<caption>The events around it, up to the one that broke the "
        "rule</caption>\n<thead><tr><th scope=\"col\" class=\"right\">order</th>");
    for (const unsigned vcpu : vcpus) {
        page.raw(fmt::format("<th scope=\"col\">vCPU {}</th>", vcpu));
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for (const oracle::Recorded& each : around) {
        page.raw(fmt::format("<tr{}><th scope=\"row\" class=\"right\">{}</th>",
                             &each == &around.back() ? " class=\"last\"" : "", each.at.order));
        for (const unsigned vcpu : vcpus) {
            page.raw(fmt::format("<td>{}</td>", vcpu == each.at.vcpu ? escaped(fact_text(each.fact)) : ""));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
}

void add(Page& page, const FindingText& finding) {
    page.line("<article class=\"finding is-{}\">", std::string(oracle::name(finding.outcome)));
    page.line("<h3>{}{}</h3>", finding.title, finding.text);
    // The last lines tell of `around`.
    std::vector<std::string> lines(finding.lines.begin(),
                                   finding.lines.end() - static_cast<std::ptrdiff_t>(std::min(
                                                             finding.around.size(), finding.lines.size())));
    if (!lines.empty()) {
        page.line("<p>{}</p>", without_indentation(lines.front()));
        lines.erase(lines.begin());
    }
    if (!lines.empty()) {
        block(page, lines);
    }
    if (!finding.around.empty()) {
        timeline(page, finding.around);
    }
    page.raw("</article>\n");
}

/// Those that decided the verdict, or the others, which only tell.
void findings(Page& page, const Document& document, bool decided, std::string_view heading) {
    bool first = true;
    for (const FindingText& finding : document.findings) {
        if ((finding.outcome != oracle::Outcome::pass) == decided) {
            if (std::exchange(first, false)) {
                page.heading(heading);
            }
            add(page, finding);
        }
    }
}

void limits(Page& page, const std::vector<oracle::Limit>& limits) {
    if (limits.empty()) {
        return;
    }
    Table table{.columns = {{"rule"}, {"judged"}, {"why"}}};
    for (const oracle::Limit& limit : limits) {
        table.rows.push_back(
            {std::string(oracle::name(limit.rule)), limit.in_part ? "in part" : "no", limit.why});
    }
    tables(page, {table}, "What was not judged");
}

// --- charts ---

/// The figures of @p chart, for who does not see it.
Table figures_of(const Chart& chart) {
    const bool bars = chart.kind == Chart::Kind::bars;
    Table table{.title = "Figures of: " + chart.title, .columns = {{chart.x_title, Align::right}}};
    if (bars) {
        table.columns = {{chart.x_title + ", from", Align::right}, {"below", Align::right}};
    }
    for (const Chart::Line& line : chart.lines) {
        table.columns.push_back({line.name, Align::right});
    }
    for (std::size_t i = 0; i + (bars ? 1 : 0) < chart.x.size(); ++i) {
        std::vector<std::string> cells = {shown(chart.x[i])};
        if (bars) {
            cells.push_back(shown(chart.x[i + 1]));
        }
        for (const Chart::Line& line : chart.lines) {
            cells.push_back(shown(line.y[i]));
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

void charts(Page& page, const std::vector<Chart>& charts) {
    if (charts.empty()) {
        return;
    }
    page.heading("Charts");
    page.raw("<div class=\"charts\">\n");
    for (std::size_t i = 0; i < charts.size(); ++i) {
        const Chart& chart = charts[i];
        page.line("<figure><figcaption>{}</figcaption>", chart.title);
        page.line(
            "<div class=\"plot\" data-chart=\"{}\" data-label=\"{}: {} by {}. The table below has its "
            "figures.\">"
            "</div>",
            std::to_string(i), chart.title, chart.y_title, chart.x_title);
        page.line("<details><summary>Figures of: {}</summary>", chart.title);
        add(page, figures_of(chart), {});
        page.raw("</details></figure>\n");
    }
    page.raw("</div>\n");
}

Json chart_json(const Chart& chart) {
    return {{"kind", chart.kind == Chart::Kind::bars ? "bars" : "lines"},
            {"title", chart.title},
            {"x_title", chart.x_title},
            {"y_title", chart.y_title},
            {"log_y", chart.log_y},
            {"x", chart.x},
            {"lines", list_json(chart.lines, [](const Chart::Line& line) {
                 const auto or_gap = [](const std::optional<double>& y) { return or_null(y); };
                 return Json{{"name", line.name}, {"y", list_json(line.y, or_gap)}};
             })}};
}

void head(Page& page, const Document& document) {
    page.raw(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        // Whatever got into it, the page loads nothing and sends nothing.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.line("<title>{} nmistorm {}</title>", verdict_word(document.verdict), document.command);
    for (const char* css : {nmistorm_text_uplot_css, nmistorm_text_page_css}) {
        page.raw(fmt::format("<style>\n{}</style>\n", css));
    }
    page.raw(fmt::format(
        "<style id=\"dark\" media=\"(prefers-color-scheme: dark)\">\n{}</style>\n</head>\n<body>\n",
        nmistorm_text_dark_css));
}

/// What the script draws, and the report for other programs that read the page.
void scripts(Page& page, const Document& document) {
    const auto data = [&page](const char* id, const Json& json) {
        page.raw(
            fmt::format("<script type=\"application/json\" id=\"{}\">{}</script>\n", id, script_json(json)));
    };
    data("figures", document.figures);
    data("charts", list_json(document.charts, chart_json));
    page.raw(fmt::format("<script>\n/*\n{}*/\n{}</script>\n<script>\n{}</script>\n",
                         nmistorm_text_uplot_licence, nmistorm_text_uplot_js, nmistorm_text_page_js));
}

}  // namespace

std::string html_text(const Document& document) {
    Page page;
    head(page, document);
    top(page, document);
    page.raw("<main>\n");
    findings(page, document, true, "Findings");
    limits(page, document.limits);
    charts(page, document.charts);
    tables(page, document.tables, "Results");
    for (const std::string& note : document.notes) {
        page.line("<p>{}</p>", note);
    }
    tables(page, document.details, "By vCPU");
    findings(page, document, false, "What cannot be shown");
    tables(page, document.appendix, "More");
    page.raw("</main>\n");
    const std::string& version = document.provenance.version;
    page.line(
        "<footer>Written by nmistorm{}. The element <code>figures</code> of this page has all figures as "
        "JSON.</footer>",
        version.empty() ? "" : " " + version);
    scripts(page, document);
    page.raw("</body>\n</html>\n");
    return page.text;
}

}  // namespace nmistorm::report
