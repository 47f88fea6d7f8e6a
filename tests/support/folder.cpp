// SPDX-License-Identifier: GPL-2.0-or-later
#include "folder.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace nmistorm::test {

namespace fs = std::filesystem;

Folder::Folder() {
    std::string name = (fs::temp_directory_path() / "nmistorm_XXXXXX").string();
    folder_ = mkdtemp(name.data());
}

Folder::~Folder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string Folder::text(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(folder_ / name).rdbuf();
    return all.str();
}

std::string Folder::put(const std::string& name, std::span<const std::byte> content) const {
    std::ofstream(folder_ / name)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return path(name);
}

std::string Folder::put(const std::string& name, const std::string& content) const {
    return put(name, std::as_bytes(std::span(content)));
}

std::size_t Folder::entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
}

}  // namespace nmistorm::test
