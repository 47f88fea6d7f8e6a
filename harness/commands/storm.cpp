// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm storm`
#include "engines/storm.h"

#include <fmt/format.h>

#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/failures.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "commands/status_line.h"
#include "commands/streamed_file.h"
#include "commands/trace_file.h"
#include "engines/guest_image.h"
#include "report/facts_file.h"

namespace nmistorm::commands {
namespace {

/// Shows the storm's progress, with the rate since the last time.
class Watcher {
  public:
    explicit Watcher(LiveLine& line) : line_(line) {}

    void operator()(const engines::StormStatus& status) {
        const double seconds = status.elapsed_s - last_.elapsed_s;
        const double rate =
            seconds > 0 ? (static_cast<double>(status.handled) - static_cast<double>(last_.handled)) / seconds
                        : 0;
        last_ = status;
        line_.show(status_line(status, rate, LiveLine::width));
    }

  private:
    LiveLine& line_;
    engines::StormStatus last_;
};

/// The files that are written as the storm goes on, those that the user asked for.
struct Recordings {
    std::optional<StreamedFile> facts;
    std::optional<TraceFile> trace;

    Recordings(const cli::StormCommand& command, const image::Image& image, const Reports& reports) {
        const std::vector<std::string> words = cli::command_of(command.plan);
        if (const auto paths = reports.paths(command.facts, "facts.jsonl"); !paths.empty()) {
            facts.emplace(paths);
            facts->add(report::facts_begin(words));
        }
        if (const auto paths = reports.paths(command.trace, trace_name); !paths.empty()) {
            trace.emplace(paths);
            trace->begin({.image = image.name(),
                          .command = words,
                          .vcpus = command.plan.vcpus,
                          .name_at = names_of(image),
                          .clock = Clock::now});
        }
    }

    void take(const oracle::Record& record, const oracle::Judge& judge) {
        if (facts) {
            facts->add(report::facts_line(record));
        }
        if (trace) {
            trace->take(record, judge);
        }
    }

    void end(const report::RunReport& report, const std::string& build_id, Failures& failures) {
        failures.attempt([&] {
            if (facts) {
                facts->add(report::facts_end(report, build_id));
                facts->end();
            }
        });
        failures.attempt([&] {
            if (trace) {
                trace->end({.findings = report.findings,
                            .sources = report.observation.sources,
                            .events_lost = report.observation.events_lost,
                            .interrupted = report.interrupted});
            }
        });
    }
};

engines::StormResult watched_storm(const cli::StormCommand& command, const image::Image& image,
                                   const kvm::System& system, Recordings& recordings) {
    LiveLine line(command.output);
    engines::StormHooks hooks{.status = Watcher(line), .interrupted = interrupted, .record = {}};
    if (recordings.facts || recordings.trace) {
        hooks.record = [&recordings](const oracle::Record& record, const oracle::Judge& judge) {
            recordings.take(record, judge);
        };
    }
    if (recordings.trace) {
        hooks.requests = [&recordings](const std::vector<oracle::SourceAccount>& sources) {
            recordings.trace->requests(sources);
        };
    }
    return engines::storm(command.plan, image, system, hooks);
}

report::RunReport make_report(const cli::StormCommand& command, const image::Image& image,
                              engines::StormResult result) {
    std::vector<report::ProfileLine> profile;
    if (command.plan.profile) {
        profile = report::by_symbol(result.samples, [&image](GuestVirt ip) { return image.name_at(ip); });
    }
    return {.command = "storm",
            .provenance = provenance_of(command.reproduce),
            .image = command.plan.guest_file.value_or("embedded"),
            .image_fault = image.fault(),
            .image_build = engines::build_of_guest(command.plan),
            .observation = std::move(result.observation),
            .tally = result.tally,
            .findings = std::move(result.findings),
            .profile = std::move(profile),
            .slices = result.slices,
            .stopped_for = result.stopped_for,
            .series = std::move(result.series),
            .ends = std::move(result.ends),
            .holds = result.holds,
            .duration_s = result.duration_s,
            .tsc_khz = result.tsc_khz,
            .shard = command.shard,
            .interrupted = result.interrupted};
}

}  // namespace

int run(const cli::StormCommand& command) {
    // Report everything that is wrong with the request before the run, not after it.
    const image::Image image = engines::guest_image(command.plan);
    if (command.dry_run) {
        kvm_for(command.plan.arch);
        print(fmt::format("this host's {} can run it\n", kvm::backend()));
        return 0;
    }
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    Recordings recordings(command, image, reports);
    const kvm::System system = kvm_for(command.plan.arch);
    const report::RunReport report =
        make_report(command, image, watched_storm(command, image, system, recordings));
    Failures failures;
    recordings.end(report, image.build_id(), failures);
    return reports.write(document(report), failures.error());
}

}  // namespace nmistorm::commands
