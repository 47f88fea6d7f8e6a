// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm conform`
#include "conform/conform.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/shown.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "conform/emit_c.h"
#include "conform/report.h"

namespace nmistorm::commands {
namespace {

std::vector<conform::Case> cases_of(const cli::ConformCommand& command) {
    std::vector<conform::Case> cases = conform::battery(command.filter, command.seed, command.walks);
    if (cases.empty()) {
        throw UsageError(fmt::format("--filter {} matches no case; 'nmistorm conform --list' has all",
                                     shown(command.filter)));
    }
    return cases;
}

/// The program for the case of that name, which may be any of the product or any walk.
int emit_c(const std::string& wanted) {
    const std::vector<conform::Case> cases = conform::battery(wanted, 0, 0);
    const auto found = std::ranges::find(cases, wanted, [](const conform::Case& each) { return name(each); });
    if (found == cases.end()) {
        throw UsageError(fmt::format("--emit-c {} is the name of no case; 'nmistorm conform --list' has all",
                                     shown(wanted)));
    }
    print(conform::c_program(*found));
    return 0;
}

int list(const std::vector<conform::Case>& cases) {
    std::string text;
    for (const conform::Case& each : cases) {
        text += conform::name(each) + "\n";
    }
    print(text);
    return 0;
}

}  // namespace

int run(const cli::ConformCommand& command) {
    if (command.emit_c) {
        return emit_c(*command.emit_c);
    }
    const std::vector<conform::Case> cases = cases_of(command);
    if (command.list) {
        return list(cases);
    }
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    const report::Provenance provenance = provenance_of(command.reproduce);
    const kvm::System system = kvm::System::open();
    LiveLine line(command.output);
    conform::Results results = conform::conform(
        system, cases, conform::known_for(provenance.kvm_backend, provenance.kernel),
        {.status = [&line](std::size_t done,
                           std::size_t of) { line.show(fmt::format("{} of {} cases", done, of)); },
         .interrupted = interrupted});
    results.whole = command.filter == "*";
    return reports.write(conform::document(results, provenance, command.all));
}

}  // namespace nmistorm::commands
