// SPDX-License-Identifier: GPL-2.0-or-later
#include "work/ipi.h"

#include <cpu.h>

#include "compiler.h"

namespace {

void send_nmi(uint32_t id) {
    boot->ipis == shared::Ipis::xapic ? xapic_send_nmi(id) : x2apic_send_nmi(id);
}

void send_to(uint32_t cpu) {
    percpu* target = per_cpu(cpu);
    uint32_t taken = READ_ONCE(target->ipis_taken);
    while (taken != READ_ONCE(target->page.ipis_wanted)) {
        // Other CPUs look for the same. If one was faster, `taken` is what it is now.
        if (cmpxchg(&target->ipis_taken, taken, taken + 1)) {
            send_nmi(cpu);
            // After it was sent, so that the host does not take it for sent too early.
            xadd(&target->page.ipis_sent, 1);
            ++taken;
        }
    }
}

}  // namespace

// CPU 0 is never idle until it is done, so each gets sent. A CPU sends to itself last, so that others have a
// chance to.
void send_ipis() {
    if (boot->ipis == shared::Ipis::none) {
        return;
    }
    const auto self = static_cast<uint32_t>(smp_processor_id());
    for (uint32_t cpu = self + 1; cpu < boot->nr_cpus; ++cpu) {
        send_to(cpu);
    }
    for (uint32_t cpu = 0; cpu <= self; ++cpu) {
        send_to(cpu);
    }
}
