// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"

namespace nmistorm::image {
namespace {

constexpr off_t size_limit = 256 << 20;  // an image with debug information is under 1 MiB

[[noreturn]] void cannot_read(const std::string& what, const std::string& path, const std::string& reason) {
    throw UsageError(fmt::format("cannot read {} {}: {}", what, path, reason));
}

}  // namespace

std::vector<std::byte> read_file(const std::string& path, const std::string& what) {
    // Without O_NONBLOCK opening a FIFO would wait for a writer.
    const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
        cannot_read(what, path, std::generic_category().message(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        cannot_read(what, path, S_ISDIR(status.st_mode) ? "it is a directory" : "it is not a regular file");
    }
    if (status.st_size > size_limit) {
        cannot_read(what, path, fmt::format("it is larger than {} MiB", size_limit >> 20));
    }
    std::vector<std::byte> content(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < content.size()) {
        const ssize_t got = read(fd.get(), content.data() + done, content.size() - done);
        if (got < 0 && errno != EINTR) {
            cannot_read(what, path, std::generic_category().message(errno));
        }
        if (got == 0) {
            break;  // the file became shorter meanwhile; the parser reports what is missing
        }
        done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    content.resize(done);
    return content;
}

}  // namespace nmistorm::image
