// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_source.h"

namespace nmistorm::sources {
namespace {

/// The source kvm-nmi: the ioctl KVM_NMI. It takes the vCPU's mutex, which KVM_RUN holds (kvm_vcpu_ioctl() in
/// virt/kvm/kvm_main.c), so no other thread could issue it while the vCPU runs.
class KvmNmi final : public NmiSource {
    bool make_nmi(unsigned /*cpu*/, kvm::Vcpu& vcpu) override {
        vcpu.nmi();
        return true;
    }
};

}  // namespace

std::unique_ptr<NmiSource> make_kvm_nmi(guests::Guest& /*guest*/) {
    return std::make_unique<KvmNmi>();
}

}  // namespace nmistorm::sources
