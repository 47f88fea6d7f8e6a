// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/fd.h"
#include "kvm/ioctl.h"

namespace nmistorm::kvm {

/// /dev/kvm: tells what this host's KVM can do, and creates VMs.
/// Contracts of the ioctls: Documentation/virt/kvm/api.rst.
class System {
  public:
    /// Opens @p device and checks the API version and every capability that a machine needs. Throws
    /// HostCannot, which says what is missing and how to get it.
    static System open(const char* device = "/dev/kvm");

    /// KVM_CHECK_EXTENSION: 0 if absent, else 1 or the extension's own number.
    [[nodiscard]] int extension(int capability) const;
    /// Throws HostCannot if this KVM lacks @p capability, called @p name, which @p use needs.
    void require(int capability, const char* name, const char* use) const;

    /// The most vCPUs that a VM may have.
    [[nodiscard]] unsigned max_vcpus() const;
    /// Throws HostCannot if a VM may not have so many. Returns *this, for an initialiser.
    const System& require_vcpus(unsigned vcpus) const;  // NOLINT(modernize-use-nodiscard)

    /// KVM_CREATE_VM
    [[nodiscard]] Fd create_vm() const;

    /// Size in bytes of the area that a vCPU shares with user space.
    [[nodiscard]] std::size_t vcpu_mmap_size() const;

    /// KVM_GET_SUPPORTED_CPUID
    [[nodiscard]] std::vector<kvm_cpuid_entry2> supported_cpuid() const;

    /// KVM_GET_MSR_INDEX_LIST: the model-specific registers that are part of a vCPU's state.
    [[nodiscard]] std::vector<std::uint32_t> msr_indices() const;

  private:
    explicit System(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

/// The module behind /dev/kvm: "kvm_intel", "kvm_amd", "kvm_pvm" or "unknown".
std::string backend();
/// The release of the kernel that it runs in, as `uname -r` prints it, or "unknown".
std::string kernel_release();

}  // namespace nmistorm::kvm
