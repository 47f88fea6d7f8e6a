// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm judge`
#include "oracle/judge.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <variant>

#include "base/error.h"
#include "base/exit_code.h"
#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/failures.h"
#include "commands/interrupts.h"
#include "commands/program.h"
#include "commands/reports.h"
#include "commands/trace_file.h"
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

/// The image that ran, if it is at hand.
std::optional<image::Image> image_of(const auto& plan, const std::string& build_id) {
    try {
        image::Image image = engines::guest_image(plan);
        if (!build_id.empty() && image.build_id() == build_id) {
            return image;
        }
    } catch (const Error&) {  // not here, or not built into this program: the addresses must do
    }
    return {};
}

/// Names the instructions of findings.
void describe(std::vector<oracle::Finding>& findings, const auto& plan, const std::string& build_id) {
    if (findings.empty()) {
        return;
    }
    if (const auto image = image_of(plan, build_id)) {
        locate(findings, [&image](GuestVirt at) { return image->describe(at); });
    }
}

/// The same of a file of facts that has just begun: its end, where it can be read twice, says which image
/// ran.
std::optional<image::Image> image_of(const Plan& plan, const std::string& path) {
    if (!std::filesystem::is_regular_file(path)) {
        return {};
    }
    std::ifstream file(path);
    report::FactsReader facts(file, path);
    const unsigned vcpus = std::visit([](const auto& each) { return each.vcpus; }, plan);
    while (facts.next(vcpus)) {
        if (interrupted()) {
            return {};
        }
    }
    return std::visit([&facts](const auto& each) { return image_of(each, facts.build_id()); }, plan);
}

/// Each also sets @p findings.
report::Document judged(const plan::RunPlan& plan, const report::FactsReader& facts, oracle::Judge& judge,
                        std::vector<oracle::Finding>& findings) {
    report::RunReport report = facts.report();
    report.command = "judge";
    complete(report.provenance, cli::reproduce(plan));
    report.observation.plan = plan;
    report.findings = judge.finish(report.observation);
    report.tally = judge.tally();
    describe(report.findings, plan, facts.build_id());
    findings = report.findings;
    return document(report);
}

report::Document judged(const plan::ExplorePlan& plan, const report::FactsReader& facts,
                        const oracle::Judge& judge, std::vector<oracle::Finding>& findings) {
    report::ExploreReport report = facts.explore_report();
    report.command = "judge";
    complete(report.provenance, cli::reproduce(plan));
    report.plan = plan;
    if (const auto first = judge.first()) {
        findings = {*first};
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
    std::optional<image::Image> image;  // its names are the trace's
    std::optional<TraceFile> trace;
    if (const auto paths = reports.paths(command.trace, trace_name); !paths.empty()) {
        trace.emplace(paths);
        image = image_of(plan, command.file);
        trace->begin({.image = image ? image->name() : "",
                      .command = facts.command(),
                      .vcpus = vcpus,
                      .name_at = image ? names_of(*image) : trace::Names::Lookup()});
    }
    while (const auto record = facts.next(vcpus)) {
        judge.take(*record);
        if (trace) {
            trace->take(*record, judge);
        }
        if (interrupted()) {
            tell("nmistorm: interrupted before all facts were judged\n");
            return exit_interrupted;
        }
    }
    if (facts.of_schedule() != std::holds_alternative<plan::ExplorePlan>(plan)) {
        throw UsageError(command.file + ": its end is of another command than its first line");
    }
    trace::End end{.sources = facts.report().observation.sources,
                   .events_lost = facts.report().observation.events_lost,
                   .interrupted = facts.report().interrupted};
    const report::Document document =
        std::visit([&](const auto& each) { return judged(each, facts, judge, end.findings); }, plan);
    Failures failures;
    failures.attempt([&] {
        if (trace) {
            trace->end(end);
        }
    });
    return reports.write(document, failures.error());
}

}  // namespace nmistorm::commands
