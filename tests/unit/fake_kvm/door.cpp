// SPDX-License-Identifier: GPL-2.0-or-later
// The linker puts these in place of four functions of the C library (tests/CMakeLists.txt).
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdarg>
#include <string_view>

#include "files.h"

using nmistorm::fake_kvm::File;

namespace {

int result(int value) {
    if (value < 0) {
        errno = -value;
        return -1;
    }
    return value;
}

/// The mode is only passed with these flags: open(2).
bool has_mode(int flags) {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

}  // namespace

extern "C" {

int __real_open(const char* path, int flags, ...);
int __real_ioctl(int fd, unsigned long number, ...);
void* __real_mmap(void* address, std::size_t size, int protection, int flags, int fd, off_t offset);
int __real_close(int fd);
int __real_eventfd_write(int fd, eventfd_t value);

int __wrap_open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = has_mode(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return std::string_view(path) == "/dev/kvm" ? result(nmistorm::fake_kvm::open_kvm())
                                                : __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long number, ...) {
    va_list rest;
    va_start(rest, number);
    const auto argument = va_arg(rest, unsigned long);
    va_end(rest);
    File* file = nmistorm::fake_kvm::file_of(fd);
    return file != nullptr ? result(file->request(number, argument)) : __real_ioctl(fd, number, argument);
}

/// Guest memory must lie below 4 GiB, where the guest's code can address it with 32 bits.
void* __wrap_mmap(void* address, std::size_t size, int protection, int flags, int fd, off_t offset) {
    const int below = (flags & MAP_ANONYMOUS) != 0 ? MAP_32BIT : 0;
    return __real_mmap(address, size, protection, flags | below, fd, offset);
}

int __wrap_eventfd_write(int fd, eventfd_t value) {
    File* file = nmistorm::fake_kvm::file_of(fd);
    return file != nullptr && file->write() ? 0 : __real_eventfd_write(fd, value);
}

int __wrap_close(int fd) {
    nmistorm::fake_kvm::drop_file(fd);
    return __real_close(fd);
}

}  // extern "C"
