// SPDX-License-Identifier: GPL-2.0-or-later
// Where the vCPUs were when a rule was broken, in tables and in JSON.
#include "report/ends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "report/figures.h"

namespace nmistorm::report {
namespace {

constexpr std::size_t ends_shown = 4;

/// Its registers, its code and its stack.
Table end_table(const oracle::VcpuEnd& end) {
    Table table{
        .title = fmt::format("vCPU {} at the end", end.vcpu), .columns = {{"what"}, {"value"}}, .indent = 2};
    for (const auto& [name, value] : end.registers) {
        table.rows.push_back({name, fmt::format("{:#x}", value)});
    }
    for (const std::string& line : end.code) {
        table.rows.push_back({"code", line});
    }
    for (const std::string& line : end.stack) {
        table.rows.push_back({"stack", line});
    }
    return table;
}

}  // namespace

Table ends_table(const std::vector<oracle::VcpuEnd>& ends, std::optional<unsigned> concerned) {
    Table table{.title = "Where the vCPUs were at the end",
                .columns = {{"vCPU", Align::right}, {"state"}, {"at"}},
                .indent = 2};
    std::size_t others = ends_shown - (concerned ? 1 : 0);
    std::size_t left_out = 0;
    for (const oracle::VcpuEnd& end : ends) {
        if (end.vcpu != concerned && others == 0) {
            ++left_out;
            continue;
        }
        others -= end.vcpu == concerned ? 0 : 1;
        table.rows.push_back(
            {std::to_string(end.vcpu),
             fmt::format("{}{}", end.halted ? "halted" : "running", end.in_nmi ? ", in an NMI" : ""),
             end.where});
        for (const std::string& caller : end.stack) {
            table.rows.push_back({"", "", "from " + caller});
        }
        std::vector<std::string> rcu;
        for (const auto& [name, value] : end.rcu) {
            rcu.push_back(fmt::format("{} {}", name.substr(name.find('.') + 1), value));
        }
        if (!rcu.empty()) {
            table.rows.push_back({"", "", fmt::format("RCU: {}", fmt::join(rcu, ", "))});
        }
    }
    if (left_out != 0) {
        table.rest = fmt::format("  and of {}, in --json and --html", counted(left_out, "further vCPU"));
    }
    return table;
}

void add_ends(Document& document, const std::vector<oracle::VcpuEnd>& ends,
              std::optional<unsigned> concerned) {
    if (ends.empty()) {
        return;
    }
    const Table& table = document.appendix.emplace_back(ends_table(ends, concerned));
    std::ranges::transform(ends, std::back_inserter(document.details), end_table);
    std::istringstream text(text_of(table));
    std::vector<std::string> lines = {""};
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    for (Case& each : document.cases) {
        if (each.verdict == Case::Verdict::fail) {
            each.lines.insert(each.lines.end(), lines.begin(), lines.end());
        }
    }
}

Json end_json(const oracle::VcpuEnd& end) {
    const auto named = [](const auto& values) {
        Json json = Json::object();
        for (const auto& [name, value] : values) {
            json[name] = value;
        }
        return json;
    };
    return {{"vcpu", end.vcpu},      {"halted", end.halted}, {"in_nmi", end.in_nmi},
            {"ip", end.ip.value},    {"where", end.where},   {"registers", named(end.registers)},
            {"rcu", named(end.rcu)}, {"code", end.code},     {"stack", end.stack}};
}

}  // namespace nmistorm::report
