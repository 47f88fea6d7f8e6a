// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "report/document.h"
#include "report/output_file.h"
#include "report/output_folder.h"

namespace nmistorm::commands {

/// Where a command's reports go: the files given on the command line, and the summary for the user.
class Reports {
  public:
    /// Opens the files. Throws as OutputFile does, before the run rather than after it.
    explicit Reports(const cli::Output& output);

    /// Where what is no report goes: to @p asked, and to the folder of --out by the name @p in_folder.
    [[nodiscard]] std::vector<std::string> paths(const std::optional<std::string>& asked,
                                                 const char* in_folder) const;

    /// Writes everything; call once. Returns the exit code. A full disk must not lose the summary or another
    /// file, nor a closed pipe the files: only after the rest is written an Error says what could not be. @p
    /// failure is what went wrong with other files before, if anything.
    int write(const report::Document& document, const std::exception_ptr& failure = nullptr);

  private:
    using Text = std::function<std::string(const report::Document&)>;
    struct File {
        File(Text made, const std::string& path) : text(std::move(made)), file(path) {}
        Text text;
        report::OutputFile file;
    };

    void summarize(const report::Document& document) const;

    cli::Output output_;
    std::optional<report::OutputFolder> folder_;  ///< before its files, since it goes after them
    std::list<File> files_;
    bool takes_stdout_ = false;
};

}  // namespace nmistorm::commands
