// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/vm.h"

#include <fmt/format.h>

namespace nmistorm::kvm {
namespace {

// Three pages that VMX without unrestricted guest mode needs outside the guest's memory (api.rst,
// KVM_SET_TSS_ADDR and KVM_SET_IDENTITY_MAP_ADDR). Elsewhere they do no harm.
constexpr unsigned long tss_address = 0xfffbd000;
constexpr std::uint64_t identity_map_address = 0xfffbc000;

}  // namespace

Vm::Vm(const System& system) : system_(system), fd_(system.create_vm()) {
    if (system.extension(KVM_CAP_SET_TSS_ADDR) > 0) {
        request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_SET_TSS_ADDR), tss_address,
                fmt::format("{:#x}", tss_address));
    }
    if (system.extension(KVM_CAP_SET_IDENTITY_MAP_ADDR) > 0) {
        std::uint64_t address = identity_map_address;
        NMISTORM_KVM(fd_.get(), KVM_SET_IDENTITY_MAP_ADDR, address, fmt::format("{:#x}", address));
    }
    request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_CREATE_IRQCHIP), 0);
}

void Vm::set_memory(unsigned slot, GuestPhys base, std::span<std::byte> memory) {
    kvm_userspace_memory_region region{};
    region.slot = slot;
    region.guest_phys_addr = base.value;
    region.memory_size = memory.size();
    region.userspace_addr = reinterpret_cast<std::uint64_t>(memory.data());
    NMISTORM_KVM(fd_.get(), KVM_SET_USER_MEMORY_REGION, region,
                 fmt::format("slot {}, {} bytes at {:#x}", slot, memory.size(), base.value));
}

Vcpu Vm::create_vcpu(unsigned id) const {
    Fd fd(request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_CREATE_VCPU), id, fmt::format("id {}", id)));
    return {id, std::move(fd), system_.vcpu_mmap_size()};
}

}  // namespace nmistorm::kvm
