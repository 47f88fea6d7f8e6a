// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/error.h"

namespace nmistorm {
namespace {

std::byte* map(std::size_t size, int flags, int fd) {
    void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (base == MAP_FAILED) {
        throw_errno("mmap of " + std::to_string(size) + " bytes", errno);
    }
    return static_cast<std::byte*>(base);
}

}  // namespace

Mapping Mapping::anonymous(std::size_t size) {
    return {map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1), size};
}

Mapping Mapping::shared(int fd, std::size_t size) {
    return {map(size, MAP_SHARED, fd), size};
}

Mapping::Mapping(Mapping&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    return *this;
}

Mapping::~Mapping() {
    if (base_ != nullptr) {
        munmap(base_, size_);
    }
}

}  // namespace nmistorm
