// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm storm`
#include "engines/storm.h"

#include <fmt/format.h>

#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "commands/status_line.h"
#include "commands/text_file.h"
#include "engines/guest_image.h"
#include "report/facts_file.h"
#include "report/output_file.h"

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

/// The file of --facts, which is written to as the storm goes on. After a failure, which end() throws, the
/// storm goes on without it.
class FactsFile {
  public:
    explicit FactsFile(const std::string& path) : file_(path) {}

    void add(const std::string& line) {
        text_ += line;
        if (text_.size() > enough) {
            flush();
        }
    }
    void end(const std::string& line) {
        add(line);
        flush();
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        file_.commit();
    }

  private:
    static constexpr std::size_t enough = std::size_t{1} << 16;

    void flush() {
        if (!failure_) {
            failure_ = failure_of([this] { file_.write(text_); });
        }
        text_.clear();
    }

    report::OutputFile file_;
    std::exception_ptr failure_;
    std::string text_;  ///< not written yet
};

engines::StormResult watched_storm(const cli::StormCommand& command, const image::Image& image,
                                   const kvm::System& system, std::optional<FactsFile>& facts) {
    LiveLine line(command.output);
    engines::StormHooks hooks{.status = Watcher(line), .interrupted = interrupted, .record = {}};
    if (facts) {
        hooks.record = [&facts](const oracle::Record& record) { facts->add(report::facts_line(record)); };
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
            .holds = result.holds,
            .duration_s = result.duration_s,
            .tsc_khz = result.tsc_khz,
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
    std::optional<FactsFile> facts;
    if (command.facts) {
        facts.emplace(*command.facts);
        facts->add(report::facts_begin(cli::command_of(command.plan)));
    }
    const kvm::System system = kvm_for(command.plan.arch);
    const report::RunReport report =
        make_report(command, image, watched_storm(command, image, system, facts));
    const std::exception_ptr failure = failure_of([&] {
        if (facts) {
            facts->end(report::facts_end(report, image.build_id()));
        }
    });
    const int code = reports.write(document(report));
    if (failure) {
        std::rethrow_exception(failure);
    }
    return code;
}

}  // namespace nmistorm::commands
