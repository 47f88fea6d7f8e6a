// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "report/temporary_name.h"

namespace nmistorm::report {

/// Where a report goes. Opened before the run, so that hours of it are not lost to a typing error.
///
/// A regular file appears whole or not at all: all is written to a temporary file beside it, which
/// commit() puts in its place. "-" (stdout) and what is no regular file, as a pipe or /dev/null, are
/// written to directly. A named pipe must have its reader: one that is started at the same time has a second
/// to open it.
class OutputFile {
  public:
    /// Throws UsageError where @p path cannot be written to.
    explicit OutputFile(const std::string& path);
    // Without commit(), it leaves everything as it was.

    /// Appends. Throws Error with the reason where it cannot, as on a full disk.
    void write(std::string_view text);

    /// commit() puts it in its place whole: it can be replaced again and again.
    [[nodiscard]] bool appears_whole() const { return temporary_.has_value(); }

    /// Ends the file; call once, last. Throws Error where the whole text did not reach it.
    void commit();

  private:
    void open_directly();
    void open_temporary(const std::string& folder);

    std::string shown_;   ///< as the user named it
    std::string target_;  ///< what commit() replaces: the path with its symbolic links resolved
    std::optional<TemporaryName> temporary_;
    Fd fd_;
};

}  // namespace nmistorm::report
