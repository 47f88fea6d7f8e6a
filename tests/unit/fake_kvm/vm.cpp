// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm.h"

#include <algorithm>

#include "vcpu.h"

namespace nmistorm::fake_kvm {

int Vm::request(unsigned long number, unsigned long argument) {
    if (const auto failure = kvm_.failures.find(number); failure != kvm_.failures.end()) {
        return -failure->second;
    }
    switch (number) {
        case KVM_SET_TSS_ADDR:
        case KVM_SET_IDENTITY_MAP_ADDR:
        case KVM_CREATE_IRQCHIP:
            return 0;
        case KVM_SET_USER_MEMORY_REGION: {
            const auto& region = *reinterpret_cast<const kvm_userspace_memory_region*>(argument);
            if (region.guest_phys_addr != 0 || !memory_.empty()) {
                return -EINVAL;  // the harness requests no more than this
            }
            memory_ = {reinterpret_cast<std::byte*>(region.userspace_addr), region.memory_size};
            return 0;
        }
        case KVM_CREATE_VCPU:
            return create_vcpu(argument);
        default:
            return -ENOTTY;
    }
}

int Vm::create_vcpu(unsigned long id) {
    if (std::ranges::find(ids_, id) != ids_.end()) {
        return -EEXIST;
    }
    ids_.push_back(id);
    const int fd = make_descriptor(Vcpu::shared_size);
    return add_file(fd, std::make_shared<Vcpu>(shared_from_this(), static_cast<unsigned>(id), fd));
}

OwnGuest& Vm::own_guest(std::uint64_t boot) {
    std::call_once(loaded_, [&] { own_guest_ = std::make_unique<OwnGuest>(memory_, boot); });
    return *own_guest_;
}

}  // namespace nmistorm::fake_kvm
