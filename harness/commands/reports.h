// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "report/output_file.h"

namespace nmistorm::commands {

/// Where a command's reports go: files that were asked for, and the summary for people.
class Reports {
  public:
    /// Opens the files. Throws UsageError for one that cannot be written to: before the run, not after it.
    explicit Reports(const cli::Output& output);

    /// Writes everything; call once. A full disk must not cost the summary, nor a closed pipe the file:
    /// what fails is thrown when the rest is written. @p summary gets whether it may be coloured.
    void write(const std::string& json, const std::function<std::string(bool colour)>& summary);

  private:
    cli::Output output_;
    std::optional<report::OutputFile> json_;
};

}  // namespace nmistorm::commands
