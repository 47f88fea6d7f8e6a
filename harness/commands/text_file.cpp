// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/text_file.h"

#include "image/read_file.h"

namespace nmistorm::commands {

std::string read_text(const std::string& path, const std::string& what) {
    const std::vector<std::byte> bytes = image::read_file(path, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace nmistorm::commands
