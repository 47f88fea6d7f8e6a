// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <optional>
#include <string>

#include "report/output_file.h"

namespace nmistorm::commands {

/// The content of a file of reasonable size. Throws UsageError, naming @p what and the file, if it cannot be
/// read.
std::string read_text(const std::string& path, const std::string& what);

/// What @p write throws, if it does. A file that cannot be written must not lose the report: the caller
/// writes that first and throws this after it.
std::exception_ptr failure_of(auto write) {
    try {
        write();
    } catch (const std::exception&) {
        return std::current_exception();
    }
    return nullptr;
}

/// A file to write, if the user asked for it. Like a report's file, it is opened before the run.
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

}  // namespace nmistorm::commands
