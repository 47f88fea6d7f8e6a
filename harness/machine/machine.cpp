// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine.h"

namespace nmistorm::machine {

Machine::Machine(GuestVm& vm, bool hotplug, RunHook& hook) : hotplug_(hotplug) {
    for (kvm::Vcpu& vcpu : vm.vcpus()) {
        threads_.push_back(std::make_unique<VcpuThread>(vcpus(), std::move(vcpu), hook));
    }
}

Machine::~Machine() {
    stop();
}

void Machine::start() {
    for (unsigned cpu = 0; cpu < vcpus() - (hotplug_ ? 1 : 0); ++cpu) {
        threads_[cpu]->start();
    }
}

void Machine::start_last() {
    threads_.back()->start();
}

void Machine::stop() {
    for (auto& thread : threads_) {
        thread->stop();
    }
    for (auto& thread : threads_) {
        thread->join();
    }
}

}  // namespace nmistorm::machine
