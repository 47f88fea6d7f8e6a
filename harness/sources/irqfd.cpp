// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/eventfd.h>

#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "sources/nmi_message.h"
#include "sources/nmi_source.h"

namespace nmistorm::sources {
namespace {

/// The source irqfd: a write to an eventfd that KVM turns into an MSI that is an NMI, as a device's backend
/// would send it. KVM sends it from the write (irqfd_wakeup() in virt/kvm/eventfd.c), or from a worker where
/// it has no map of the APICs. It does not tell whether an APIC took it: what the eventfd takes counts as
/// accepted.
class Irqfd final : public AnyThreadSource {
  public:
    Irqfd(kvm::Vm& vm, unsigned vcpus) : vm_(vm) {
        for (unsigned cpu = 0; cpu < vcpus; ++cpu) {
            messages_.push_back(nmi_message(cpu));
            events_.emplace_back(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
            if (!events_.back()) {
                throw HostCannot(
                    fmt::format("no eventfd is left for vCPU {}, which the source irqfd needs: raise the "
                                "limit, ulimit -n",
                                cpu));
            }
        }
        enter_vm();
    }

    bool make_nmi(unsigned cpu) override { return eventfd_write(events_[cpu].get(), 1) == 0; }

    void leave_vm() override { vm_.disconnect(events_); }
    void enter_vm() final { vm_.connect(events_, messages_); }

  private:
    kvm::Vm& vm_;
    std::vector<kvm_msi> messages_;  ///< by vCPU, as the events
    std::vector<Fd> events_;
};

}  // namespace

std::unique_ptr<NmiSource> make_irqfd(guests::Guest& guest) {
    machine::GuestVm& vm = guest.vm();
    const auto vcpus = static_cast<unsigned>(vm.vcpus().size());
    vm.kvm().require_irqfds(vcpus, "the source irqfd");
    return std::make_unique<Irqfd>(vm.kvm(), vcpus);
}

}  // namespace nmistorm::sources
