// SPDX-License-Identifier: GPL-2.0-or-later
#include "inject/kvm_nmi.h"

namespace nmistorm::inject {

void KvmNmi::request(machine::VcpuThread& thread, unsigned cpu, std::uint32_t nmis) {
    vcpus_[cpu].waiting.fetch_add(nmis);
    vcpus_[cpu].outstanding.store(Outstanding::unknown);
    thread.kick();
}

bool KvmNmi::drained(machine::VcpuThread& thread, unsigned cpu) {
    std::atomic<Outstanding>& outstanding = vcpus_[cpu].outstanding;
    Outstanding seen = Outstanding::unknown;
    if (outstanding.compare_exchange_strong(seen, Outstanding::asked)) {
        thread.kick();
    }
    return seen == Outstanding::none;
}

void KvmNmi::queue(unsigned cpu, kvm::Vcpu& vcpu, std::uint32_t nmis) {
    PerVcpu& mine = vcpus_[cpu];
    mine.outstanding.store(Outstanding::unknown);
    batch_(cpu, vcpu, nmis);
    for (std::uint32_t i = 0; i < nmis; ++i) {
        vcpu.nmi();
        mine.accepted.fetch_add(1, std::memory_order_relaxed);
    }
}

machine::Turn KvmNmi::before_run(unsigned cpu, kvm::Vcpu& vcpu) {
    PerVcpu& mine = vcpus_[cpu];
    if (const std::uint32_t nmis = mine.waiting.load(); nmis != 0) {
        queue(cpu, vcpu, nmis);
        mine.waiting.fetch_sub(nmis);
    }
    if (mine.outstanding.load() == Outstanding::asked) {
        const kvm_vcpu_events events = vcpu.events();
        const bool none = events.nmi.pending == 0 && events.nmi.injected == 0 && events.nmi.masked == 0;
        Outstanding asked = Outstanding::asked;  // unless a request came in the meantime
        mine.outstanding.compare_exchange_strong(asked, none ? Outstanding::none : Outstanding::unknown);
    }
    return {};
}

}  // namespace nmistorm::inject
