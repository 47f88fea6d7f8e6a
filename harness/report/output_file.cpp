// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/signals_blocked.h"
#include "report/refuse.h"

namespace nmistorm::report {
namespace {

using namespace std::chrono_literals;

constexpr auto reader_may_take = 1s;
constexpr auto look_for_reader_every = 10ms;

[[noreturn]] void refuse_file(const std::string& what, int error_number) {
    const char* advice = "name another file, or - for stdout";
    if (error_number == ENOENT || error_number == ENOTDIR) {
        advice = "name a file in a folder that exists";
    } else if (error_number == EISDIR) {
        advice = "name a file in it";
    } else if (error_number == EACCES || error_number == EPERM || error_number == EROFS) {
        advice = "name a file that you may write";
    } else if (error_number == EBADF) {
        advice = "it is closed, so name a file";
    }
    refuse(what, error_number, advice);
}

}  // namespace

OutputFile::OutputFile(const std::string& path)
    : what_(path == "-" ? "cannot write to stdout" : fmt::format("cannot write '{}'", path)), target_(path) {
    if (path == "-") {
        fd_ = Fd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        if (!fd_) {
            refuse_file(what_, errno);
        }
        const int flags = fcntl(fd_.get(), F_GETFL);
        if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
            refuse_file(what_, EBADF);
        }
        return;
    }
    struct stat existing {};
    const bool exists = stat(path.c_str(), &existing) == 0;
    if (!exists && errno != ENOENT) {
        refuse_file(what_, errno);
    }
    if (exists && S_ISDIR(existing.st_mode)) {
        refuse_file(what_, EISDIR);
    }
    if (exists && !S_ISREG(existing.st_mode)) {
        open_directly();
        return;
    }
    // A rename asks only for leave to write the folder, and would turn a symbolic link into a file.
    if (exists && access(path.c_str(), W_OK) != 0) {
        refuse_file(what_, errno);
    }
    namespace fs = std::filesystem;
    std::error_code failed;
    if (!exists && fs::is_symlink(path, failed)) {
        throw UsageError(what_ + ": it links to nothing; name another file");
    }
    const fs::path absolute = fs::absolute(path, failed);  // fails where the working folder is gone
    if (!failed) {
        target_ = fs::weakly_canonical(absolute, failed).string();
    }
    if (failed || path.empty() || path.ends_with('/')) {
        refuse_file(what_, failed ? failed.value() : ENOENT);
    }
    open_temporary(fs::path(target_).parent_path().string());
    if (exists) {
        // Best effort: that a report keeps the modes of the one before is a courtesy.
        [[maybe_unused]] const int ignored = fchmod(fd_.get(), existing.st_mode & 07777U);
    }
}

void OutputFile::open_directly() {
    // A pipe without a reader, or a line without a carrier, would keep open() waiting, maybe for good.
    const auto attempt = [this] {
        fd_ = Fd(open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
        return static_cast<bool>(fd_);
    };
    const auto give_up = Clock::now() + reader_may_take;
    while (!attempt()) {
        const int error_number = errno;
        struct stat status {};
        const bool no_reader =
            error_number == ENXIO && stat(target_.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
        if (no_reader && Clock::now() < give_up) {
            std::this_thread::sleep_for(look_for_reader_every);  // there is nothing else to wait for it with
            continue;
        }
        if (no_reader) {
            throw UsageError(what_ + ": nobody reads from this pipe; start its reader first");
        }
        refuse_file(what_, error_number);
    }
    // The text itself may wait for its reader; the flag is of this opening alone.
    const int flags = fcntl(fd_.get(), F_GETFL);
    if (flags < 0 || fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK) < 0) {
        refuse_file(what_, errno);
    }
}

void OutputFile::open_temporary(const std::string& folder) {
    // mkstemp would ignore the umask. A name may be taken: by another report of this process, or by
    // one of the same number that was killed.
    constexpr unsigned attempts = 100;
    const SignalsBlocked until_it_is_known;  // to those who remove it when a signal ends the program
    for (unsigned attempt = 0; attempt < attempts; ++attempt) {
        std::string name = fmt::format("{}/.nmistorm-{}-{}.tmp", folder, getpid(), attempt);
        fd_ = Fd(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (fd_) {
            temporary_.emplace(std::move(name));
            return;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    refuse_file(what_, errno);
}

void OutputFile::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd_.get(), text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            throw_errno(what_, errno);
        }
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

void OutputFile::commit() {
    if (!temporary_) {
        return;
    }
    // Some file systems, NFS among them, only report here that the text found no room.
    if (fsync(fd_.get()) != 0 || std::rename(temporary_->path(), target_.c_str()) != 0) {
        throw_errno(what_, errno);
    }
    temporary_.reset();  // to remove a name that is gone does nothing
}

}  // namespace nmistorm::report
