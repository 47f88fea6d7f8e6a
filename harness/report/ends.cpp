// SPDX-License-Identifier: GPL-2.0-or-later
// Where the vCPUs were when a rule was broken, in tables and in JSON.
#include "report/ends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nmistorm::report {

Table ends_table(const std::vector<oracle::VcpuEnd>& ends) {
    Table table{.title = "Where the vCPUs were at the end",
                .columns = {{"vCPU", Align::right}, {"state"}, {"at"}},
                .indent = 2};
    for (const oracle::VcpuEnd& end : ends) {
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
    return table;
}

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
