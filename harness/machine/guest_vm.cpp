// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_vm.h"

#include "machine/cpuid.h"

namespace nmistorm::machine {

GuestVm::GuestVm(const kvm::System& system, unsigned vcpus, std::size_t memory)
    : system_(system.require_vcpus(vcpus)), memory_(memory), vm_(system) {
    fill(vcpus);
}

void GuestVm::renew() {
    const auto vcpus = static_cast<unsigned>(vcpus_.size());
    vcpus_.clear();
    vm_ = kvm::Vm(system_);
    fill(vcpus);
}

void GuestVm::fill(unsigned vcpus) {
    vm_.set_memory(0, GuestPhys{0}, memory_.all());
    const auto cpuid = system_.supported_cpuid();
    for (unsigned cpu = 0; cpu < vcpus; ++cpu) {
        vcpus_.push_back(vm_.create_vcpu(cpu));
        vcpus_.back().set_cpuid(cpuid_for(cpuid, cpu));
        vcpus_.back().confirm_lapic();
        tsc_khz_ = vcpus_.back().tsc_khz();
    }
}

}  // namespace nmistorm::machine
