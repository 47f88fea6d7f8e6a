// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm explore`
#include "engines/explore/explore.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/shown.h"
#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/failures.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/played_files.h"
#include "commands/reports.h"
#include "commands/status_line.h"
#include "commands/text_file.h"
#include "engines/explore/replay.h"
#include "engines/guest_image.h"
#include "guests/stepped/explored_guest.h"
#include "plan/names.h"
#include "report/explore_report.h"
#include "report/output_file.h"
#include "report/progress_file.h"
#include "report/schedule_file.h"

namespace nmistorm::commands {
namespace {

using engines::explore::Checkpoint;
using engines::explore::ExploreResult;

Checkpoint earlier(const cli::ExploreCommand& command, const image::Image& image) {
    std::error_code unknown;  // of a folder that may not be entered, which opening the file will say
    if (!command.resume || !std::filesystem::exists(*command.resume, unknown)) {
        return {};
    }
    const guests::Extent extent = guests::extent_of(command.plan.vcpus, image);
    return report::parse_progress(read_text(*command.resume, "the progress"),
                                  {.plan = command.plan,
                                   .image = image.name(),
                                   .build_id = image.build_id(),
                                   .memory_end = extent.memory_end,
                                   .image_begin = extent.image_begin,
                                   .image_end = extent.image_end},
                                  *command.resume);
}

/// The file of --resume, if the user asked for it. It is rewritten repeatedly, so that a crash loses little.
class ResumeFile {
  public:
    explicit ResumeFile(const std::optional<std::string>& path) : path_(path) {
        if (path) {
            file_ = std::make_unique<report::OutputFile>(*path);
        }
    }

    /// False for a pipe, which would get the checkpoints one after the other.
    [[nodiscard]] bool takes_checkpoints() const { return file_ && file_->appears_whole(); }
    /// On a write failure it reports once and lets the exploration continue; the end tries again.
    void checkpoint(const std::string& text) {
        try {
            write(text);
        } catch (const Error& error) {
            if (!std::exchange(told_, true)) {
                tell(fmt::format("nmistorm: {}: a crash now would cost what was explored\n",
                                 printable(error.what())));
            }
        }
    }
    /// Throws Error if it cannot be written.
    void write(const std::string& text) {
        const auto file = file_ ? std::move(file_) : std::make_unique<report::OutputFile>(*path_);
        file->write(text);
        file->commit();
    }

  private:
    std::optional<std::string> path_;
    std::unique_ptr<report::OutputFile> file_;  ///< null after it was written
    bool told_ = false;
};

ExploreResult watched(const cli::ExploreCommand& command, const image::Image& image,
                      const kvm::System& system, const Checkpoint& before, ResumeFile& resume_file) {
    LiveLine line(command.output);
    const auto show = [&line](const engines::explore::ExploreStatus& status) {
        line.show(status_line(status, LiveLine::width));
    };
    engines::explore::ExploreHooks hooks{.status = show, .interrupted = interrupted};
    if (resume_file.takes_checkpoints()) {
        hooks.checkpoint = [&](const Checkpoint& progress) {
            resume_file.checkpoint(report::text_of(progress, command.plan, image.build_id()));
        };
    }
    hooks.checkpoint_every = command.checkpoint.value_or(hooks.checkpoint_every);
    return engines::explore::explore(command.plan, image, system, before, hooks);
}

/// Plays the schedule once more and writes what the oracle is told then.
void record_found(const cli::ExploreCommand& command, const image::Image& image, const kvm::System& system,
                  const oracle::Found& found, PlayedFiles& files, Failures& failures) {
    const plan::ExplorePlan& plan = command.plan;
    const plan::ScheduleFile file = engines::explore::schedule_file_of(plan, image, found);
    engines::explore::ReplayResult again;
    const bool same = failures.attempt([&] {
        again = engines::explore::replay(file, image, system, true);
        if (!again.finding || again.finding->detail != found.finding.detail) {
            throw Error(
                "the schedule did not break the same rule once more, so neither facts nor a trace "
                "were written: " +
                text_of_finding(again));
        }
    });
    if (same) {
        files.write(file, image, again, cli::command_of(plan), failures);
    }
}

}  // namespace

int run(const cli::ExploreCommand& command) {
    const image::Image image = engines::guest_image(command.plan);
    const Checkpoint before = earlier(command, image);
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    const std::vector<std::string> schedule_paths = reports.paths(command.schedule, "schedule.json");
    AskedFiles schedule_files(schedule_paths);
    PlayedFiles played_files(reports.paths(command.facts, "facts.jsonl"),
                             reports.paths(command.trace, trace_name));
    ResumeFile resume_file(command.resume);
    const kvm::System system = stepping_kvm_for(command.plan.arch);

    const ExploreResult result = watched(command, image, system, before, resume_file);
    report::ExploreReport report{.provenance = provenance_of(command.reproduce),
                                 .image = command.plan.guest_file.value_or("embedded"),
                                 .image_fault = image.fault(),
                                 .image_build = engines::build_of_guest(command.plan),
                                 .build_id = image.build_id(),
                                 .plan = command.plan,
                                 .exploration = result.exploration,
                                 .schedule_file = {},
                                 .resume_file = {}};
    Failures failures;
    const std::optional<oracle::Found>& found = result.exploration.found;
    if (found && schedule_files.any()) {
        failures.attempt([&] {
            schedule_files.write(
                report::text_of(engines::explore::schedule_file_of(command.plan, image, *found)));
            schedule_files.commit();
            report.schedule_file = schedule_paths.front();
        });
    }
    if (command.resume) {
        failures.attempt([&] {
            resume_file.write(report::text_of(result.progress, command.plan, image.build_id()));
            if (!found && !oracle::exhausted(result.exploration)) {
                report.resume_file = command.resume;
            }
        });
    }
    if (found && played_files.any()) {
        record_found(command, image, system, *found, played_files, failures);
    }
    return reports.write(document(report), failures.error());
}

}  // namespace nmistorm::commands
