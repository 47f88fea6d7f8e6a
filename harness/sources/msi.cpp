// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_message.h"
#include "sources/nmi_source.h"

namespace nmistorm::sources {
namespace {

/// The source msi: the ioctl KVM_SIGNAL_MSI with an MSI that is an NMI. KVM queues the NMI as KVM_NMI does
/// (kvm_inject_nmi() in __apic_accept_irq(), arch/x86/kvm/lapic.c), and takes no vCPU's mutex for it.
class Msi final : public AnyThreadSource {
  public:
    explicit Msi(kvm::Vm& vm) : vm_(vm) {}

    bool make_nmi(unsigned cpu) override { return vm_.signal_msi(nmi_message(cpu)); }

  private:
    kvm::Vm& vm_;
};

}  // namespace

std::unique_ptr<NmiSource> make_msi(guests::Guest& guest) {
    machine::GuestVm& vm = guest.vm();
    vm.kvm().require_msis(static_cast<unsigned>(vm.vcpus().size()), "the source msi");
    return std::make_unique<Msi>(vm.kvm());
}

}  // namespace nmistorm::sources
