// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "kvm/vcpu.h"

namespace nmistorm::kvm {

std::string exit_name(unsigned reason) {
#define NAME(reason) \
    case reason:     \
        return #reason
    switch (reason) {
        NAME(KVM_EXIT_UNKNOWN);
        NAME(KVM_EXIT_EXCEPTION);
        NAME(KVM_EXIT_IO);
        NAME(KVM_EXIT_HYPERCALL);
        NAME(KVM_EXIT_DEBUG);
        NAME(KVM_EXIT_HLT);
        NAME(KVM_EXIT_MMIO);
        NAME(KVM_EXIT_IRQ_WINDOW_OPEN);
        NAME(KVM_EXIT_SHUTDOWN);
        NAME(KVM_EXIT_FAIL_ENTRY);
        NAME(KVM_EXIT_INTR);
        NAME(KVM_EXIT_SET_TPR);
        NAME(KVM_EXIT_TPR_ACCESS);
        NAME(KVM_EXIT_NMI);
        NAME(KVM_EXIT_INTERNAL_ERROR);
        NAME(KVM_EXIT_SYSTEM_EVENT);
        NAME(KVM_EXIT_IOAPIC_EOI);
        NAME(KVM_EXIT_HYPERV);
        NAME(KVM_EXIT_X86_RDMSR);
        NAME(KVM_EXIT_X86_WRMSR);
        NAME(KVM_EXIT_DIRTY_RING_FULL);
        NAME(KVM_EXIT_X86_BUS_LOCK);
        NAME(KVM_EXIT_XEN);
        NAME(KVM_EXIT_NOTIFY);
        default:
            return fmt::format("KVM exit {}", reason);
    }
#undef NAME
}

}  // namespace nmistorm::kvm
