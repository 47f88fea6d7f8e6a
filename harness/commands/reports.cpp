// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/reports.h"

#include <unistd.h>

#include <utility>

#include "commands/console.h"
#include "commands/failures.h"
#include "commands/interrupts.h"
#include "commands/provenance_file.h"
#include "report/renderers.h"

namespace nmistorm::commands {
namespace {

/// A report that has a flag (cli/output.def).
struct Renderer {
    std::optional<std::string> cli::Output::*asked;
    const char* in_folder;
    std::string (*text)(const report::Document&);
};
constexpr Renderer renderers[] = {
#define NMISTORM_OUTPUT(name, file, what) {&cli::Output::name, file, report::name##_text},
#include "cli/output.def"
};

std::string plain_summary(const report::Document& document) {
    return terminal_text(document, false);
}

std::string provenance(const report::Document& document) {
    return provenance_text(document, interrupted);
}

}  // namespace

Reports::Reports(const cli::Output& output) : output_(output) {
    if (output.out) {
        folder_.emplace(*output.out);
    }
    for (const Renderer& renderer : renderers) {
        const std::optional<std::string>& asked = output.*renderer.asked;
        takes_stdout_ = takes_stdout_ || asked == "-";
        for (const std::string& path : paths(asked, renderer.in_folder)) {
            files_.emplace_back(renderer.text, path);
        }
    }
    if (folder_) {
        files_.emplace_back(plain_summary, folder_->file("summary.txt"));
        files_.emplace_back(provenance, folder_->file("provenance.json"));
    }
}

std::vector<std::string> Reports::paths(const std::optional<std::string>& asked,
                                        const char* in_folder) const {
    std::vector<std::string> paths;
    if (asked) {
        paths.push_back(*asked);
    }
    if (folder_) {
        paths.push_back(folder_->file(in_folder));
    }
    return paths;
}

void Reports::summarize(const report::Document& document) const {
    // If stdout carries data, the summary goes to stderr.
    if (takes_stdout_) {
        tell(terminal_text(document, takes_colour(STDERR_FILENO)));
    } else {
        print(terminal_text(document, takes_colour(STDOUT_FILENO)));
    }
}

int Reports::write(const report::Document& document, const std::exception_ptr& failure) {
    Failures failures;
    failures.attempt([&] {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    for (File& each : files_) {
        failures.attempt([&] {
            each.file.write(each.text(document));
            each.file.commit();
        });
    }
    if (!output_.quiet) {
        failures.attempt([&] { summarize(document); });
    }
    failures.rethrow();
    return exit_code(document);
}

}  // namespace nmistorm::commands
