// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/statistics.h"

#include <cstring>
#include <vector>

#include "kvm/ioctl.h"

namespace nmistorm::kvm {
namespace {

void read_exactly(int fd, void* to, std::size_t size, std::uint64_t offset) {
    const ssize_t got = pread(fd, to, size, static_cast<off_t>(offset));
    if (got != static_cast<ssize_t>(size)) {
        throw_errno("reading KVM's statistics", got < 0 ? errno : EIO);
    }
}

}  // namespace

Statistics::Statistics(Fd fd) : fd_(std::move(fd)) {
    kvm_stats_header header{};
    read_exactly(fd_.get(), &header, sizeof(header), 0);
    constexpr std::uint32_t sane = 4096;  // limit of both: KVM has some 60 statistics with 48-byte names
    if (header.name_size == 0 || header.name_size > sane || header.num_desc > sane) {
        throw Error("KVM's statistics have an impossible header");
    }
    // Each descriptor is followed by its name.
    const std::size_t stride = sizeof(kvm_stats_desc) + header.name_size;
    std::vector<char> descriptors(stride * header.num_desc);
    read_exactly(fd_.get(), descriptors.data(), descriptors.size(), header.desc_offset);
    for (std::size_t i = 0; i < header.num_desc; ++i) {
        kvm_stats_desc descriptor{};
        std::memcpy(&descriptor, &descriptors[i * stride], sizeof(descriptor));
        const char* name = &descriptors[i * stride + sizeof(descriptor)];
        offsets_.emplace(std::string(name, strnlen(name, header.name_size)),
                         header.data_offset + descriptor.offset);
    }
}

std::optional<std::uint64_t> Statistics::read(const std::string& name) const {
    const auto found = offsets_.find(name);
    if (found == offsets_.end()) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    read_exactly(fd_.get(), &value, sizeof(value), found->second);
    return value;
}

}  // namespace nmistorm::kvm
