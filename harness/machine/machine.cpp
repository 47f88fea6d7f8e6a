// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine.h"

namespace nmistorm::machine {

Machine::Machine(GuestVm& vm, bool hotplug, RunHook& hook, bool pinned)
    : vm_(vm), hotplug_(hotplug), hook_(hook), pinned_(pinned), earlier_(vm.vcpus().size()) {
    take_vcpus();
}

void Machine::take_vcpus() {
    for (kvm::Vcpu& vcpu : vm_.vcpus()) {
        threads_.push_back(std::make_unique<VcpuThread>(vcpus(), std::move(vcpu), hook_));
    }
}

Machine::~Machine() {
    stop();
}

void Machine::start() {
    for (unsigned cpu = 0; cpu < vcpus() - (hotplug_ ? 1 : 0); ++cpu) {
        start(cpu);
    }
}

void Machine::start_last() {
    start(vcpus() - 1);
}

void Machine::start(unsigned cpu) {
    threads_[cpu]->start();
    if (pinned_) {
        threads_[cpu]->pin(cpu);
    }
}

void Machine::stop() {
    for (auto& thread : threads_) {
        thread->stop();
    }
    for (auto& thread : threads_) {
        thread->join();
    }
}

void Machine::stop(unsigned cpu) {
    threads_[cpu]->stop();
    threads_[cpu]->join();
}

kvm::Vm Machine::renew(GuestVm::Contents fresh) {
    for (unsigned cpu = 0; cpu < vcpus(); ++cpu) {
        earlier_[cpu] = {.cpu_time = cpu_time(cpu),
                         .waited = waited_for_cpu(cpu),
                         .nmi_injections = nmi_injections(cpu).value_or(0)};
    }
    hotplug_ = false;  // the last vCPU was started: from now on start() starts all
    threads_.clear();
    kvm::Vm old = vm_.renew(std::move(fresh));
    take_vcpus();
    return old;
}

std::chrono::nanoseconds Machine::cpu_time(unsigned cpu) const {
    return earlier_[cpu].cpu_time + threads_[cpu]->cpu_time();
}

std::chrono::nanoseconds Machine::waited_for_cpu(unsigned cpu) const {
    return earlier_[cpu].waited + threads_[cpu]->waited_for_cpu();
}

std::optional<std::uint64_t> Machine::nmi_injections(unsigned cpu) const {
    const auto injections = threads_[cpu]->vcpu().statistics().read("nmi_injections");
    return injections ? std::optional(earlier_[cpu].nmi_injections + *injections) : std::nullopt;
}

}  // namespace nmistorm::machine
