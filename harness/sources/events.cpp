// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_source.h"

namespace nmistorm::sources {
namespace {

/// The source events: KVM_SET_VCPU_EVENTS with one more NMI pending, as where a VM is restored that had one.
/// What is always set is set as KVM_GET_VCPU_EVENTS tells it. Linux 6.1 takes any number as pending, so what
/// KVM would merge is merged here (process_nmi() in arch/x86/kvm/x86.c).
class Events final : public NmiSource {
    bool make_nmi(unsigned /*cpu*/, kvm::Vcpu& vcpu) override {
        kvm_vcpu_events events = vcpu.events();
        const unsigned limit = events.nmi.masked != 0 || events.nmi.injected != 0 ? 1 : 2;
        if (events.nmi.pending < limit) {
            ++events.nmi.pending;
        }
        events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
        vcpu.set_events(events);
        return true;
    }
};

}  // namespace

std::unique_ptr<NmiSource> make_events(guests::Guest& /*guest*/) {
    return std::make_unique<Events>();
}

}  // namespace nmistorm::sources
