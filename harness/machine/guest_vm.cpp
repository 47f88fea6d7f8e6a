// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_vm.h"

#include <utility>

#include "machine/cpuid.h"

namespace nmistorm::machine {

GuestVm::GuestVm(const kvm::System& system, unsigned vcpus, std::size_t memory, kvm::Irqchip irqchip)
    : system_(system.require_vcpus(vcpus)),
      memory_(memory),
      irqchip_(irqchip),
      now_(make(vcpus)),
      tsc_khz_(now_.vcpus.back().tsc_khz()) {}

GuestVm::Contents GuestVm::make(unsigned vcpus) const {
    Contents made{kvm::Vm(system_, irqchip_), {}};
    made.vm.set_memory(0, GuestPhys{0}, memory_.all());
    const auto cpuid = system_.supported_cpuid();
    for (unsigned cpu = 0; cpu < vcpus; ++cpu) {
        made.vcpus.push_back(made.vm.create_vcpu(cpu));
        made.vcpus.back().set_cpuid(cpuid_for(cpuid, cpu));
        if (irqchip_ != kvm::Irqchip::none) {
            made.vcpus.back().confirm_lapic();
        }
    }
    return made;
}

GuestVm::Contents GuestVm::make_fresh() const {
    return make(static_cast<unsigned>(now_.vcpus.size()));  // also where they were taken out
}

kvm::Vm GuestVm::renew(Contents fresh) {
    return exchange(std::move(fresh)).vm;
}

GuestVm::Contents GuestVm::exchange(Contents other) {
    return std::exchange(now_, std::move(other));
}

}  // namespace nmistorm::machine
