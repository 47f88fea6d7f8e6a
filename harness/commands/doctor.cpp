// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm doctor`
#include "base/exit_code.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/reports.h"
#include "doctor/examine.h"
#include "doctor/report.h"

namespace nmistorm::commands {

int run(const cli::DoctorCommand& command) {
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    const doctor::Checks checks = doctor::examine(interrupted);
    report::Document document = doctor::document(checks, provenance_of("nmistorm doctor"));
    document.interrupted = interrupted();
    reports.write(document);
    if (interrupted()) {
        tell("nmistorm: interrupted before everything was looked at\n");
        return exit_interrupted;
    }
    return doctor::usable(checks) ? 0 : exit_host_cannot;
}

}  // namespace nmistorm::commands
