// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <stdexcept>

namespace nmistorm::fake_kvm {
namespace {

struct Entry {
    std::atomic<File*> file = nullptr;
    std::shared_ptr<File> owner;  ///< object that owns the descriptor
};
std::array<Entry, 4096> entries;
/// Guards the owners. A descriptor's number is used again after it was closed, but ThreadSanitizer does not
/// see that the kernel orders the two.
std::mutex owners;

}  // namespace

int make_descriptor(std::size_t size) {
    const int fd = memfd_create("fake kvm", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(size)) != 0) {
        throw std::runtime_error("no descriptor for the fake KVM");
    }
    return fd;
}

int add_file(int fd, std::shared_ptr<File> file) {
    Entry& entry = entries.at(static_cast<std::size_t>(fd));
    const std::lock_guard lock(owners);
    entry.owner = std::move(file);
    entry.file.store(entry.owner.get());
    return fd;
}

File* file_of(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    return index < entries.size() ? entries[index].file.load() : nullptr;
}

void drop_file(int fd) {
    if (file_of(fd) != nullptr) {
        Entry& entry = entries.at(static_cast<std::size_t>(fd));
        entry.file.store(nullptr);
        std::unique_lock lock(owners);
        const std::shared_ptr<File> last = std::move(entry.owner);
        lock.unlock();  // the destructor may close others
    }
}

}  // namespace nmistorm::fake_kvm
