// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <list>
#include <string>
#include <string_view>
#include <vector>

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
    /// Ends those that took everything. Throws the first Error of any.
    void commit() {
        for_each([](report::OutputFile& file) { file.commit(); });
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

  private:
    void for_each(const auto& call) {
        for (auto file = files_.begin(); file != files_.end();) {
            const std::exception_ptr failure = failure_of([&] { call(*file); });
            failure_ = failure_ ? failure_ : failure;
            file = failure ? files_.erase(file) : std::next(file);
        }
    }

    std::list<report::OutputFile> files_;
    std::exception_ptr failure_;
};

}  // namespace nmistorm::commands
