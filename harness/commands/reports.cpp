// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/reports.h"

#include <unistd.h>

#include <exception>

#include "base/error.h"
#include "commands/console.h"
#include "report/renderers.h"

namespace nmistorm::commands {

Reports::Reports(const cli::Output& output) : output_(output) {
    if (output.json) {
        json_.emplace(*output.json);
    }
    if (output.html) {
        html_.emplace(*output.html);
    }
}

int Reports::write(const report::Document& document) {
    std::exception_ptr unwritten;
    const auto write = [&](std::optional<report::OutputFile>& file, auto text_of) {
        if (!file) {
            return;
        }
        try {
            file->write(text_of(document));
            file->commit();
        } catch (const Error&) {
            unwritten = std::current_exception();
        }
    };
    write(json_, report::json_text);
    write(html_, report::html_text);
    // With --json - stdout carries data, so the summary goes to stderr.
    if (!output_.quiet && output_.json == "-") {
        tell(terminal_text(document, isatty(STDERR_FILENO) == 1));
    } else if (!output_.quiet) {
        print(terminal_text(document, isatty(STDOUT_FILENO) == 1));
    }
    if (unwritten) {
        std::rethrow_exception(unwritten);
    }
    return exit_code(document);
}

}  // namespace nmistorm::commands
