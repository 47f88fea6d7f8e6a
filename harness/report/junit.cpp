// SPDX-License-Identifier: GPL-2.0-or-later
// The JUnit XML that Jenkins, GitLab, Buildkite and others read. It has no schema of its own; this keeps to
// what all of those of Ant and Jenkins allow.
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pugixml.hpp>

#include "report/cases.h"
#include "report/renderers.h"

namespace nmistorm::report {
namespace {

using Verdict = Case::Verdict;

/// UTF-8 without the characters that XML 1.0 forbids even as references. pugixml escapes the rest.
std::string allowed(const std::string& text) {
    std::string kept;
    const std::string valid = utf8(text);
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const auto byte = static_cast<unsigned char>(valid[i]);
        if (valid.compare(i, 3, "\xef\xbf\xbe") == 0 || valid.compare(i, 3, "\xef\xbf\xbf") == 0) {
            kept += replacement;  // U+FFFE and U+FFFF
            i += 2;
        } else if (byte < 0x20 && byte != '\t' && byte != '\n') {
            kept += replacement;
        } else {
            kept += valid[i];
        }
    }
    return kept;
}

void attribute(pugi::xml_node node, const char* name, const std::string& text) {
    node.append_attribute(name).set_value(allowed(text).c_str());
}

std::string seconds(double value) {
    return fmt::format("{:.3f}", value);
}

/// The element that says why @p each did not pass; @p advice stands below.
void add_reason(pugi::xml_node node, const char* element, const char* type, const Case& each,
                const std::string& advice) {
    pugi::xml_node reason = node.append_child(element);
    attribute(reason, "message", each.text);
    if (type == nullptr) {
        return;
    }
    attribute(reason, "type", type);
    const std::string text = each.lines.empty() ? each.text : fmt::format("{}", fmt::join(each.lines, "\n"));
    reason.text().set(allowed(advice.empty() ? text : text + "\n\n" + advice).c_str());
}

void add_case(pugi::xml_node suite, const Document& document, const Case& each) {
    pugi::xml_node node = suite.append_child("testcase");
    attribute(node, "classname", fmt::format("nmistorm.{}.{}", document.command, each.suite));
    attribute(node, "name", each.name);
    attribute(node, "time", seconds(each.seconds.value_or(0)));
    switch (each.verdict) {
        case Verdict::fail:
            return add_reason(node, "failure", "violation", each, document.advice);
        case Verdict::error:
            return add_reason(node, "error", "inconclusive", each, document.advice);
        case Verdict::skip:
            return add_reason(node, "skipped", nullptr, each, {});
        case Verdict::pass:
            break;
    }
    if (!each.text.empty()) {
        node.append_child("system-out").text().set(allowed(each.text).c_str());
    }
}

/// What @p node has counted of, by how a case is called there.
struct Counts {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;

    void add(const Suite& suite) {
        tests += suite.cases.size();
        failures += suite.count(Verdict::fail);
        errors += suite.count(Verdict::error);
        skipped += suite.count(Verdict::skip);
    }
    void write(pugi::xml_node node) const {
        node.append_attribute("tests").set_value(tests);
        node.append_attribute("failures").set_value(failures);
        node.append_attribute("errors").set_value(errors);
    }
};

/// What its cases took, or the whole run if they are from one.
double time_of(const Document& document, const Suite& suite) {
    double sum = 0;
    bool known = false;
    for (const Case& each : suite.cases) {
        sum += each.seconds.value_or(0);
        known = known || each.seconds;
    }
    return known ? sum : document.seconds.value_or(0);
}

void add_suite(pugi::xml_node root, const Document& document, const Suite& suite) {
    pugi::xml_node node = root.append_child("testsuite");
    attribute(node, "name", suite.name);
    Counts counts;
    counts.add(suite);
    counts.write(node);
    node.append_attribute("skipped").set_value(counts.skipped);
    attribute(node, "time", seconds(time_of(document, suite)));
    pugi::xml_node properties = node.append_child("properties");
    for (const Row& row : properties_of(document)) {
        pugi::xml_node property = properties.append_child("property");
        attribute(property, "name", row.label);
        attribute(property, "value", row.text);
    }
    for (const Case& each : suite.cases) {
        add_case(node, document, each);
    }
}

}  // namespace

std::string junit_text(const Document& document) {
    pugi::xml_document xml;
    pugi::xml_node declaration = xml.append_child(pugi::node_declaration);
    attribute(declaration, "version", "1.0");
    attribute(declaration, "encoding", "UTF-8");
    pugi::xml_node root = xml.append_child("testsuites");
    attribute(root, "name", "nmistorm " + document.command);
    const std::vector<Suite> suites = suites_of(document);
    Counts counts;
    for (const Suite& suite : suites) {
        counts.add(suite);
    }
    counts.write(root);
    attribute(root, "time", seconds(document.seconds.value_or(0)));
    for (const Suite& suite : suites) {
        add_suite(root, document, suite);
    }
    std::ostringstream text;
    xml.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
    return text.str();
}

}  // namespace nmistorm::report
