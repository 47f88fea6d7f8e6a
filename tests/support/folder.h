// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace nmistorm::test {

/// A folder for one test, removed by the destructor.
class Folder {
  public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
    [[nodiscard]] std::string text(const std::string& name) const;
    /// Creates the file and returns its path.
    std::string put(const std::string& name, std::span<const std::byte> content) const;
    std::string put(const std::string& name, const std::string& content) const;
    /// The number of files and folders in it.
    [[nodiscard]] std::size_t entries() const;

  private:
    std::filesystem::path folder_;
};

}  // namespace nmistorm::test
