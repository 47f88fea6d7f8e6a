// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm judge`
#include "oracle/judge.h"

#include <fmt/format.h>

#include <fstream>
#include <variant>

#include "base/error.h"
#include "base/exit_code.h"
#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/interrupts.h"
#include "commands/program.h"
#include "commands/reports.h"
#include "engines/guest_image.h"
#include "report/facts_file.h"
#include "report/figures.h"
#include "report/run_report.h"

namespace nmistorm::commands {
namespace {

using Plan = std::variant<plan::RunPlan, plan::ExplorePlan>;

/// The plan of the run that wrote the facts.
Plan plan_of(const report::FactsReader& facts, const std::string& file) {
    std::vector<const char*> words;
    for (const std::string& word : facts.command()) {
        words.push_back(word.c_str());
    }
    try {
        const cli::Command command = cli::parse(static_cast<int>(words.size()), words.data());
        if (const auto* storm = std::get_if<cli::StormCommand>(&command)) {
            return storm->plan;
        }
        if (const auto* explore = std::get_if<cli::ExploreCommand>(&command)) {
            return explore->plan;
        }
    } catch (const UsageError& error) {
        throw UsageError(file + ":1: its command is wrong: " + error.what());
    }
    throw UsageError(file + ":1: its command is neither storm nor explore");
}

/// The host is that of the run, the program is this one.
void complete(report::Provenance& provenance, std::string reproduce) {
    provenance.reproduce = std::move(reproduce);
    provenance.version = version();
    provenance.build_id = build_id();
}

/// Names the instructions of findings, if the image that ran is at hand.
void describe(std::vector<oracle::Finding>& findings, const auto& plan, const std::string& build_id) {
    if (findings.empty()) {
        return;
    }
    try {
        const image::Image image = engines::guest_image(plan);
        if (!build_id.empty() && image.build_id() == build_id) {
            locate(findings, [&image](GuestVirt at) { return image.describe(at); });
        }
    } catch (const Error&) {  // not here, or not built into this program: the addresses must do
    }
}

report::Document judged(const plan::RunPlan& plan, const report::FactsReader& facts, oracle::Judge& judge) {
    report::RunReport report = facts.report();
    report.command = "judge";
    complete(report.provenance, cli::reproduce(plan));
    report.observation.plan = plan;
    report.findings = judge.finish(report.observation);
    report.tally = judge.tally();
    describe(report.findings, plan, facts.build_id());
    return document(report);
}

report::Document judged(const plan::ExplorePlan& plan, const report::FactsReader& facts,
                        const oracle::Judge& judge) {
    report::ExploreReport report = facts.explore_report();
    report.command = "judge";
    complete(report.provenance, cli::reproduce(plan));
    report.plan = plan;
    if (const auto first = judge.first()) {
        std::vector<oracle::Finding> findings = {*first};
        describe(findings, plan, facts.build_id());
        report.exploration.found = facts.played();
        report.exploration.found->finding = findings.front();
    }
    report::Document document = report::document(report);
    document.headline =
        fmt::format("one schedule of {}", report::counted(plan::steps_of(facts.played()->schedule), "step"));
    // What is about searches, since this was none.
    document.rows.clear();
    document.tables.clear();
    document.advice = report.exploration.found ? "To find it again: " + report.provenance.reproduce : "";
    if (!report.exploration.found) {
        document.notes.emplace_back("No rule was broken, but one schedule says nothing about others.");
    }
    return document;
}

}  // namespace

int run(const cli::JudgeCommand& command) {
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    std::ifstream file(command.file);
    if (!file) {
        throw UsageError("the file of facts " + command.file + " cannot be read; does it exist?");
    }
    report::FactsReader facts(file, command.file);
    const Plan plan = plan_of(facts, command.file);
    const unsigned vcpus = std::visit([](const auto& each) { return each.vcpus; }, plan);
    oracle::Judge judge(vcpus);
    while (const auto record = facts.next(vcpus)) {
        judge.take(*record);
        if (interrupted()) {
            tell("nmistorm: interrupted before all facts were judged\n");
            return exit_interrupted;
        }
    }
    if (facts.of_schedule() != std::holds_alternative<plan::ExplorePlan>(plan)) {
        throw UsageError(command.file + ": its end is of another command than its first line");
    }
    return reports.write(std::visit([&](const auto& each) { return judged(each, facts, judge); }, plan));
}

}  // namespace nmistorm::commands
