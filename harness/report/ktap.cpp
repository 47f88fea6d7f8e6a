// SPDX-License-Identifier: GPL-2.0-or-later
// KTAP version 1: Documentation/dev-tools/ktap.rst of the kernel. A suite is a test, its cases are subtests.
// What kunit_parser.py of the kernel would read in another way than it is meant is replaced.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/shown.h"
#include "report/cases.h"
#include "report/renderers.h"

namespace nmistorm::report {
namespace {

using Verdict = Case::Verdict;

constexpr const char* version = "KTAP version 1";
constexpr const char* indent = "  ";

/// On one line, and without control characters.
std::string one_line(const std::string& text) {
    std::string line = utf8(text);
    std::ranges::replace(line, '\n', ' ');
    return printable(line);
}

/// A # would begin a directive.
std::string without_directive(const std::string& text) {
    std::string line = one_line(text);
    std::ranges::replace(line, '#', '_');
    return line;
}

/// A "- " before the name is no part of it.
std::string name_of(const std::string& text) {
    std::string name = without_directive(text);
    return name.starts_with("- ") ? "_" + name : name;
}

/// A result with the name of the suite would end the suite.
std::string name_of(const Case& each) {
    std::string name = name_of(each.name);
    return name == name_of(each.suite) ? name + "_" : name;
}

/// Lines of text about @p about, which stands before each so that none looks like something else.
std::string diagnostic(const std::string& before, const std::string& about, const std::string& text) {
    const bool header = (about + ": ").starts_with("Subtest: ");  // which a suite begins with
    const std::string name = header ? "_" + about : about;
    std::string lines;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines += fmt::format("{}# {}: {}\n", before, name, one_line(text.substr(at, end - at)));
        at = end + 1;
    }
    return lines;
}

std::string result(Verdict verdict, std::size_t number, const std::string& name) {
    const bool ok = verdict == Verdict::pass || verdict == Verdict::skip;
    return fmt::format("{} {} {}", ok ? "ok" : "not ok", number, name);
}

std::string directive(const Case& each) {
    switch (each.verdict) {
        case Verdict::skip:
            return " # SKIP " + without_directive(each.text);
        case Verdict::error:
            return " # ERROR " + without_directive(each.text);
        case Verdict::pass:
        case Verdict::fail:
            break;
    }
    return "";
}

std::string text_of(const Case& each, std::size_t number) {
    const std::string name = name_of(each);
    std::string text;
    const bool said = each.verdict == Verdict::skip || each.verdict == Verdict::error;  // by directive()
    if (!each.text.empty() && each.lines.empty() && !said) {
        text += diagnostic(indent, name, each.text);
    }
    for (const std::string& line : each.lines) {
        text += diagnostic(indent, name, line);
    }
    return text + indent + result(each.verdict, number, name) + directive(each) + "\n";
}

std::string text_of(const Suite& suite, std::size_t number) {
    const std::string name = name_of(suite.name);
    std::string text =
        fmt::format("{0}{1}\n{0}# Subtest: {2}\n{0}1..{3}\n", indent, version, name, suite.cases.size());
    for (std::size_t i = 0; i < suite.cases.size(); ++i) {
        text += text_of(suite.cases[i], i + 1);
    }
    return text + result(suite.verdict(), number, name) +
           (suite.verdict() == Verdict::skip ? " # SKIP all of it" : "") + "\n";
}

}  // namespace

std::string ktap_text(const Document& document) {
    std::string text = fmt::format("{}\n", version);
    for (const Row& row : properties_of(document)) {
        text += diagnostic("", row.label, row.text);
    }
    const std::vector<Suite> suites = suites_of(document);
    text += fmt::format("1..{}\n", suites.size());
    for (std::size_t i = 0; i < suites.size(); ++i) {
        text += text_of(suites[i], i + 1);
    }
    if (!document.advice.empty()) {
        text += diagnostic("", "nmistorm", document.advice);
    }
    return text;
}

}  // namespace nmistorm::report
