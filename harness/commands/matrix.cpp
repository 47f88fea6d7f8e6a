// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm matrix`
#include "drive/matrix.h"

#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "image/embedded.h"
#include "report/matrix_json.h"
#include "report/matrix_terminal.h"

namespace nmistorm::commands {
namespace {

drive::MatrixResult watched_matrix(const cli::MatrixCommand& command, const kvm::System& system) {
    LiveLine line(command.output);
    const auto show = [&line](const drive::MatrixStatus& status) {
        line.show(report::matrix_line({.elapsed_s = status.elapsed_s,
                                       .done = status.done,
                                       .all = status.all,
                                       .wrong = status.wrong,
                                       .left_s = status.left_s},
                                      LiveLine::width));
    };
    return drive::matrix(command.plan, system, {.status = show, .interrupted = interrupted});
}

report::MatrixReport make_report(const cli::MatrixCommand& command, drive::MatrixResult result) {
    for (oracle::MatrixRow& row : result.rows) {
        for (oracle::Trial& trial : row.trials) {
            trial.reproduce = cli::reproduce(trial.plan);
        }
        if (row.explored) {
            row.explored->reproduce = cli::reproduce(row.explored->plan);
        }
    }
    return {.reproduce = command.reproduce,
            .kvm_backend = kvm::backend(),
            .kernel = kernel_release(),
            .plan = command.plan,
            .rows = std::move(result.rows),
            .jobs = result.jobs,
            .duration_s = result.duration_s,
            .interrupted = result.interrupted};
}

}  // namespace

int run(const cli::MatrixCommand& command) {
    // Report everything that is wrong with the request before the run, not after it.
    for (const std::string& build : command.plan.guest_builds) {
        image::require_build(build);
    }
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    const kvm::System system =
        command.plan.explore ? stepping_kvm_for(command.plan.arch) : kvm_for(command.plan.arch);
    const report::MatrixReport report = make_report(command, watched_matrix(command, system));
    reports.write(report::json_text(report),
                  [&report](bool colour) { return report::summary(report, colour); });
    return report::exit_code(report);
}

}  // namespace nmistorm::commands
