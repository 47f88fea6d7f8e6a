// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "vcpu.h"
#include "vm.h"

namespace nmistorm::fake_kvm {
namespace {

std::atomic<Kvm*> current = nullptr;

class System : public File {
  public:
    explicit System(Kvm& kvm) : kvm_(kvm) {}

    int request(unsigned long number, unsigned long argument) override {
        if (const auto failure = kvm_.failures.find(number); failure != kvm_.failures.end()) {
            return -failure->second;
        }
        switch (number) {
            case KVM_GET_API_VERSION:
                return KVM_API_VERSION;
            case KVM_CHECK_EXTENSION: {
                const auto found = kvm_.capabilities.find(static_cast<int>(argument));
                return found != kvm_.capabilities.end() ? found->second : 0;
            }
            case KVM_CREATE_VM:
                return add_file(make_descriptor(0), std::make_shared<Vm>(kvm_));
            case KVM_GET_VCPU_MMAP_SIZE:
                return static_cast<int>(Vcpu::shared_size);
            case KVM_GET_MSR_INDEX_LIST: {
                auto& list = *reinterpret_cast<kvm_msr_list*>(argument);
                list.nmsrs = 1;
                list.indices[0] = 0x10;  // IA32_TSC
                return 0;
            }
            case KVM_GET_SUPPORTED_CPUID:
                return supported_cpuid(*reinterpret_cast<kvm_cpuid2*>(argument));
            default:
                return -ENOTTY;
        }
    }

  private:
    [[nodiscard]] int supported_cpuid(kvm_cpuid2& cpuid) const {
        if (cpuid.nent < kvm_.cpuid_functions) {
            return -E2BIG;
        }
        std::vector<kvm_cpuid_entry2> entries(kvm_.cpuid_functions);
        for (std::uint32_t function = 0; function < kvm_.cpuid_functions; ++function) {
            entries[function].function = function;
        }
        if (entries.size() > 1) {
            entries[1].ecx = 1U << 21;  // x2APIC
        }
        cpuid.nent = kvm_.cpuid_functions;
        std::memcpy(&cpuid + 1, entries.data(), entries.size() * sizeof(entries[0]));
        return 0;
    }

    Kvm& kvm_;
};

}  // namespace

Kvm::Kvm()
    : capabilities{{KVM_CAP_USER_MEMORY, 1},
                   {KVM_CAP_USER_NMI, 1},
                   {KVM_CAP_IRQCHIP, 1},
                   {KVM_CAP_SIGNAL_MSI, 1},
                   {KVM_CAP_IRQFD, 1},
                   {KVM_CAP_IRQ_ROUTING, 1},
                   {KVM_CAP_IMMEDIATE_EXIT, 1},
                   {KVM_CAP_EXT_CPUID, 1},
                   {KVM_CAP_MP_STATE, 1},
                   {KVM_CAP_VCPU_EVENTS, 1},
                   {KVM_CAP_SET_TSS_ADDR, 1},
                   {KVM_CAP_SET_IDENTITY_MAP_ADDR, 1},
                   {KVM_CAP_NR_VCPUS, 8},
                   {KVM_CAP_MAX_VCPUS, 64},
                   {KVM_CAP_PIT2, 1},
                   {KVM_CAP_PIT_STATE2, 1},
                   {KVM_CAP_REINJECT_CONTROL, 1},
                   {KVM_CAP_XSAVE, 1},
                   {KVM_CAP_XCRS, 1},
                   {KVM_CAP_DEBUGREGS, 1},
                   {KVM_CAP_ADJUST_CLOCK, 1}} {
    current = this;
}

Kvm::~Kvm() {
    current = nullptr;
}

int open_kvm() {
    Kvm* kvm = current;
    return kvm != nullptr ? add_file(make_descriptor(0), std::make_shared<System>(*kvm)) : -ENOENT;
}

}  // namespace nmistorm::fake_kvm
