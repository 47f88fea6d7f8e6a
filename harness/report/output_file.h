// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "report/temporary_name.h"

namespace nmistorm::report {

/// Where a report goes. It is opened before the run, so that a typing error does not cost hours of running.
///
/// A regular file appears whole or not at all: write() appends to a temporary file in the same folder, and
/// commit() renames it. "-" (stdout), a pipe and a device are written to directly. A named pipe must have a
/// reader, which has one second to open it.
class OutputFile {
  public:
    /// Throws UsageError if @p path is no place for a file, Error if the host does not let it be written.
    explicit OutputFile(const std::string& path);
    // Without commit(), a regular file does not change.

    /// Appends. Throws Error with the reason if that fails, for example on a full disk.
    void write(std::string_view text);

    /// True for a regular file, which commit() replaces as a whole. It may be called several times.
    [[nodiscard]] bool appears_whole() const { return temporary_.has_value(); }

    /// Ends the file; call once, last. Throws Error where the whole text did not reach it.
    void commit();

  private:
    void open_directly();
    void open_temporary(const std::string& folder);

    std::string what_;    ///< for errors: "cannot write" and the file as the user named it
    std::string target_;  ///< what commit() replaces: the path with its symbolic links resolved
    std::optional<TemporaryName> temporary_;
    Fd fd_;
};

}  // namespace nmistorm::report
