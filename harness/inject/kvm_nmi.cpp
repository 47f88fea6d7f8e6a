// SPDX-License-Identifier: GPL-2.0-or-later
#include "inject/kvm_nmi.h"

namespace nmistorm::inject {

void KvmNmi::request(machine::VcpuThread& thread, unsigned cpu, std::uint32_t nmis) {
    vcpus_[cpu].waiting.fetch_add(nmis);
    thread.kick();
}

void KvmNmi::before_run(unsigned cpu, kvm::Vcpu& vcpu) {
    PerVcpu& mine = vcpus_[cpu];
    const std::uint32_t nmis = mine.waiting.load();
    if (nmis == 0) {
        return;
    }
    batch_(cpu, nmis);
    for (std::uint32_t i = 0; i < nmis; ++i) {
        vcpu.nmi();
        mine.accepted.fetch_add(1, std::memory_order_relaxed);
    }
    mine.waiting.fetch_sub(nmis);
}

}  // namespace nmistorm::inject
