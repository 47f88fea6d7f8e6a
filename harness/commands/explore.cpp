// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm explore`
#include "drive/explore/explore.h"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/error.h"
#include "cli/shown.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "commands/text_file.h"
#include "drive/explore/checkpoint_file.h"
#include "drive/explore/replay.h"
#include "drive/guest_image.h"
#include "plan/names.h"
#include "report/explore_report.h"
#include "report/output_file.h"

namespace nmistorm::commands {
namespace {

using drive::explore::Checkpoint;
using drive::explore::ExploreResult;

Checkpoint earlier(const cli::ExploreCommand& command, const image::Image& image) {
    if (!command.resume || !std::filesystem::exists(*command.resume)) {
        return {};
    }
    return drive::explore::parse_checkpoint(read_text(*command.resume, "the progress"), command.plan, image,
                                            *command.resume);
}

/// A file, if the user asked for it. Like a report's file, it is opened before the run.
class AskedFile {
  public:
    explicit AskedFile(const std::optional<std::string>& path) {
        if (path) {
            file_.emplace(*path);
        }
    }
    /// Writes the whole text, or throws Error.
    void write(const std::string& text) {
        file_->write(text);
        file_->commit();
    }

  private:
    std::optional<report::OutputFile> file_;
};

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
                                 cli::printable(error.what())));
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
    const auto show = [&line](const drive::explore::ExploreStatus& status) {
        line.show(report::explore_line({.elapsed_s = status.elapsed_s,
                                        .condition = status.condition,
                                        .preemptions = status.preemptions,
                                        .schedules = status.schedules,
                                        .states = status.states,
                                        .steps = status.steps},
                                       LiveLine::width));
    };
    drive::explore::ExploreHooks hooks{.status = show, .interrupted = interrupted};
    if (resume_file.takes_checkpoints()) {
        hooks.checkpoint = [&](const Checkpoint& progress) {
            resume_file.checkpoint(text_of(progress, command.plan, image.build_id()));
        };
    }
    hooks.checkpoint_every = command.checkpoint.value_or(hooks.checkpoint_every);
    return drive::explore::explore(command.plan, image, system, before, hooks);
}

}  // namespace

int run(const cli::ExploreCommand& command) {
    const image::Image image = drive::guest_image(command.plan);
    const Checkpoint before = earlier(command, image);
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    AskedFile schedule_file(command.schedule);
    ResumeFile resume_file(command.resume);
    const kvm::System system = stepping_kvm_for(command.plan.arch);

    const ExploreResult result = watched(command, image, system, before, resume_file);
    report::ExploreReport report{.reproduce = command.reproduce,
                                 .kvm_backend = kvm::backend(),
                                 .kernel = kernel_release(),
                                 .image = command.plan.guest_file.value_or("embedded"),
                                 .image_fault = image.fault(),
                                 .image_build = drive::build_of_guest(command.plan),
                                 .build_id = image.build_id(),
                                 .plan = command.plan,
                                 .exploration = result.exploration,
                                 .schedule_file = {},
                                 .resume_file = {}};
    std::exception_ptr failure;  // a write failure must not lose the report
    try {
        if (result.exploration.found && command.schedule) {
            schedule_file.write(
                text_of(drive::explore::schedule_file_of(command.plan, image, *result.exploration.found)));
            report.schedule_file = command.schedule;
        }
        if (command.resume) {
            resume_file.write(text_of(result.progress, command.plan, image.build_id()));
            if (!result.exploration.found && !oracle::exhausted(result.exploration)) {
                report.resume_file = command.resume;
            }
        }
    } catch (const std::exception&) {
        failure = std::current_exception();
    }
    reports.write(report::json_text(report),
                  [&report](bool colour) { return report::summary(report, colour); });
    if (failure) {
        std::rethrow_exception(failure);
    }
    return report::exit_code(report);
}

}  // namespace nmistorm::commands
