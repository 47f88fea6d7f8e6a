// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "commands/failures.h"
#include "report/output_file.h"

namespace nmistorm::commands {

/// The content of a file of reasonable size. Throws UsageError, naming @p what and the file, if it cannot be
/// read.
std::string read_text(const std::string& path, const std::string& what);

/// Files that get the same text, as many as the user asked for. Like a report's file, they are opened before
/// the run. One that cannot be written does not keep the others from it.
class AskedFiles {
  public:
    explicit AskedFiles(const std::vector<std::string>& paths) {
        for (const std::string& path : paths) {
            files_.emplace_back(path);
        }
    }
    [[nodiscard]] bool any() const { return !files_.empty(); }

    /// Appends to each; what fails is thrown at the end.
    void write(std::string_view text) {
        for_each([text](report::OutputFile& file) { file.write(text); });
    }
    /// Ends those that took everything. Throws an Error that names the others.
    void commit() {
        for_each([](report::OutputFile& file) { file.commit(); });
        failures_.rethrow();
    }

  private:
    void for_each(const auto& call) {
        for (auto file = files_.begin(); file != files_.end();) {
            file = failures_.attempt([&] { call(*file); }) ? std::next(file) : files_.erase(file);
        }
    }

    std::list<report::OutputFile> files_;
    Failures failures_;
};

}  // namespace nmistorm::commands
