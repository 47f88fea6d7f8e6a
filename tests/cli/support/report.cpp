// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "folder.h"

namespace nmistorm::test {

namespace {

/// Empty where @p text is not even JSON. Inside scripts/nested there is no Python to check the schema with;
/// the lane `direct` runs the same tests.
Json valid(const std::string& text, const std::string& schema) {
    const Folder folder;
    if (!std::filesystem::exists(NMISTORM_PYTHON)) {
        Json report = Json::parse(text, nullptr, false);
        EXPECT_FALSE(report.is_discarded()) << text;
        return report.is_discarded() ? Json::object() : report;
    }
    const Ended check = run({NMISTORM_VALIDATE, NMISTORM_SCHEMAS "/nmistorm." + schema + ".schema.json",
                             folder.put("report.json", text)},
                            {.program = NMISTORM_PYTHON});
    EXPECT_EQ(check.code, 0) << check.out << check.err << text;
    Json report = Json::parse(text, nullptr, false);
    return report.is_discarded() ? Json::object() : report;
}

}  // namespace

Json valid_report(const std::string& text) {
    Json report = valid(text, "run.2");
    if (report.empty()) {
        return report;
    }
    const Json& nmi = report["nmi"];
    const auto per_cpu = nmi["per_cpu"].get<std::vector<std::uint64_t>>();
    EXPECT_EQ(per_cpu.size(), report["plan"]["vcpus"]);
    EXPECT_EQ(std::accumulate(per_cpu.begin(), per_cpu.end(), std::uint64_t{0}), nmi["handled"]);
    EXPECT_LE(nmi["accepted"], nmi["requested"]) << text;
    if (const Json& series = report["series"]; !series.is_null() && report["verdict"] == "pass") {
        const auto handled = series["handled"].get<std::vector<std::uint64_t>>();
        EXPECT_EQ(std::accumulate(handled.begin(), handled.end(), std::uint64_t{0}), nmi["handled"]);
    }
    return report;
}

Json valid_exploration(const std::string& text) {
    return valid(text, "explore.2");
}
Json valid_provenance(const std::string& text) {
    return valid(text, "provenance.1");
}
Json valid_progress(const std::string& text) {
    return valid(text, "progress.3");
}
Json valid_schedule(const std::string& text) {
    return valid(text, "schedule.2");
}

Json valid_matrix(const std::string& text) {
    Json report = valid(text, "matrix.2");
    if (report.empty()) {
        return report;
    }
    std::size_t storms = 0;
    for (const Json& row : report["rows"]) {
        storms += row["storms"].size();
        EXPECT_LE(row["storms"].size(), report["plan"]["seeds"]);
    }
    EXPECT_EQ(report["counts"]["storms"], storms);
    return report;
}

bool names_rule(const Json& report, const std::string& rule) {
    return std::ranges::any_of(report["findings"],
                               [&rule](const Json& finding) { return finding["rule"] == rule; });
}

void expect_verdicts_code(const Ended& ended, const Json& report) {
    const Json& verdict = report["verdict"];
    const int by_verdict = verdict == "violation" ? 1 : verdict == "pass" ? 0 : 3;
    EXPECT_EQ(ended.code, by_verdict == 1 || report["interrupted"] == false ? by_verdict : 130)
        << report.dump(2);
    EXPECT_EQ(ended.signal, 0);
}

}  // namespace nmistorm::test
