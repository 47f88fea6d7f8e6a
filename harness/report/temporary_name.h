// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <string>

namespace nmistorm::report {

/// The name of a temporary file. The destructor removes the file, and so does remove_temporaries(). Make and
/// destroy it on the main thread.
class TemporaryName {
  public:
    /// @p path: the absolute path of an existing file.
    explicit TemporaryName(std::string path);
    ~TemporaryName();
    TemporaryName(const TemporaryName&) = delete;
    TemporaryName& operator=(const TemporaryName&) = delete;

    [[nodiscard]] const char* path() const { return path_.c_str(); }

  private:
    friend void remove_temporaries();

    std::string path_;
    std::atomic<TemporaryName*> next_;  ///< the next in the list of all names
};

/// Removes the temporary files of this process. A signal handler may call it.
void remove_temporaries();

}  // namespace nmistorm::report
