// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "cli/command_line.h"
#include "report/document.h"
#include "report/output_file.h"

namespace nmistorm::commands {

/// Where a command's reports go: the files given on the command line, and the summary for the user.
class Reports {
  public:
    /// Opens the files. Throws UsageError if one cannot be written, before the run rather than after it.
    explicit Reports(const cli::Output& output);

    /// Writes everything; call once. Returns the exit code. A full disk must not lose the summary, nor a
    /// closed pipe the file, so a failure is thrown only after the rest is written.
    int write(const report::Document& document);

  private:
    cli::Output output_;
    std::optional<report::OutputFile> json_;
    std::optional<report::OutputFile> html_;
};

}  // namespace nmistorm::commands
