// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "kvm/ioctl.h"

namespace nmistorm::kvm {

/// struct kvm_cpuid2 with room for its entries.
class CpuidBuffer {
  public:
    /// Empty, with room for as many entries as KVM ever gives (KVM_MAX_CPUID_ENTRIES).
    CpuidBuffer() : storage_(sizeof(kvm_cpuid2) + capacity * sizeof(kvm_cpuid_entry2)) {
        header().nent = capacity;
    }

    /// Holds @p entries, at most `capacity` of them.
    explicit CpuidBuffer(const std::vector<kvm_cpuid_entry2>& entries) : CpuidBuffer() {
        header().nent = static_cast<unsigned>(entries.size());
        std::memcpy(storage_.data() + sizeof(kvm_cpuid2), entries.data(),
                    entries.size() * sizeof(kvm_cpuid_entry2));
    }

    kvm_cpuid2& header() { return *reinterpret_cast<kvm_cpuid2*>(storage_.data()); }

    std::vector<kvm_cpuid_entry2> entries() {
        std::vector<kvm_cpuid_entry2> result(header().nent);
        std::memcpy(result.data(), storage_.data() + sizeof(kvm_cpuid2),
                    result.size() * sizeof(kvm_cpuid_entry2));
        return result;
    }

  private:
    static constexpr std::size_t capacity = 256;
    std::vector<std::byte> storage_;
};

}  // namespace nmistorm::kvm
