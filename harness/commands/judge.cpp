// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm judge`
#include "oracle/judge.h"

#include <fstream>

#include "base/error.h"
#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/reports.h"
#include "drive/guest_image.h"
#include "report/facts_file.h"
#include "report/json.h"
#include "report/terminal.h"

namespace nmistorm::commands {
namespace {

/// The plan of the storm that wrote the facts.
plan::RunPlan plan_of(const report::FactsReader& facts, const std::string& file) {
    std::vector<const char*> words;
    for (const std::string& word : facts.command()) {
        words.push_back(word.c_str());
    }
    try {
        const cli::Command command = cli::parse(static_cast<int>(words.size()), words.data());
        if (const auto* storm = std::get_if<cli::StormCommand>(&command)) {
            return storm->plan;
        }
    } catch (const UsageError& error) {
        throw UsageError(file + ":1: its command is wrong: " + error.what());
    }
    throw UsageError(file + ":1: its command is no storm");
}

/// Names the instructions of findings, if the image that ran is at hand.
void describe(std::vector<oracle::Finding>& findings, const plan::RunPlan& plan,
              const std::string& build_id) {
    if (findings.empty()) {
        return;
    }
    try {
        const image::Image image = drive::guest_image(plan);
        for (oracle::Finding& finding : findings) {
            if (finding.at && !build_id.empty() && image.build_id() == build_id) {
                finding.where = image.describe(*finding.at);
            }
        }
    } catch (const Error&) {  // not here, or not built into this program: the addresses must do
    }
}

}  // namespace

int run(const cli::JudgeCommand& command) {
    Reports reports(command.output);
    std::ifstream file(command.file);
    if (!file) {
        throw UsageError("the file of facts " + command.file + " cannot be read; does it exist?");
    }
    report::FactsReader facts(file, command.file);
    const plan::RunPlan plan = plan_of(facts, command.file);
    oracle::Judge judge(plan.vcpus);
    while (const auto record = facts.next(plan.vcpus)) {
        judge.take(*record);
    }
    report::RunReport report = facts.report();
    report.command = "judge";
    report.reproduce = cli::reproduce(plan);
    report.observation.plan = plan;
    report.findings = judge.finish(report.observation);
    report.tally = judge.tally();
    describe(report.findings, plan, facts.build_id());
    reports.write(report::json_text(report),
                  [&report](bool colour) { return report::summary(report, colour); });
    return report::exit_code(report);
}

}  // namespace nmistorm::commands
