// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "commands/text_file.h"
#include "report/output_file.h"

namespace nmistorm::commands {

/// A file that is written to as a run goes on. After a failure, which end() throws, the run goes on without
/// it.
class StreamedFile {
  public:
    /// Throws UsageError if @p path cannot be written.
    explicit StreamedFile(const std::string& path) : file_(path) {}

    void add(std::string_view text) {
        text_ += text;
        if (text_.size() > enough) {
            flush();
        }
    }
    /// Call once, last. Throws Error where not everything could be written.
    void end() {
        flush();
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        file_.commit();
    }

  private:
    static constexpr std::size_t enough = std::size_t{1} << 16;

    void flush() {
        if (!failure_) {
            failure_ = failure_of([this] { file_.write(text_); });
        }
        text_.clear();
    }

    report::OutputFile file_;
    std::exception_ptr failure_;
    std::string text_;  ///< not written yet
};

}  // namespace nmistorm::commands
