// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm matrix`
#include "campaign/matrix.h"

#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "commands/status_line.h"
#include "image/embedded.h"

namespace nmistorm::commands {
namespace {

campaign::MatrixReport watched_matrix(const cli::MatrixCommand& command, const kvm::System& system) {
    LiveLine line(command.output);
    const auto show = [&line](const campaign::MatrixStatus& status) {
        line.show(status_line(status, LiveLine::width));
    };
    return campaign::matrix(command.plan, system, {.status = show, .interrupted = interrupted});
}

void complete(campaign::MatrixReport& report, const cli::MatrixCommand& command) {
    report.provenance = provenance_of(command.reproduce);
    for (campaign::MatrixRow& row : report.rows) {
        for (campaign::Trial& trial : row.trials) {
            trial.reproduce = cli::reproduce(trial.plan);
        }
        if (row.explored) {
            row.explored->reproduce = cli::reproduce(row.explored->plan);
        }
    }
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
    campaign::MatrixReport report = watched_matrix(command, system);
    complete(report, command);
    return reports.write(document(report));
}

}  // namespace nmistorm::commands
