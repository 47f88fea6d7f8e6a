// SPDX-License-Identifier: GPL-2.0-or-later
#include "work/ipi.h"

#include <cpu.h>

#include "compiler.h"

namespace {

void send_to(uint32_t cpu) {
    shared::CpuPage& page = per_cpu(cpu)->page;
    uint32_t sent = READ_ONCE(page.ipis_sent);
    while (sent != READ_ONCE(page.ipis_wanted)) {
        send_nmi(cpu);
        // After it was sent, so that the host does not take it for sent too early.
        smp_store_release(&page.ipis_sent, ++sent);
    }
}

}  // namespace

// CPU 0 is never idle, so it gets to it.
void send_ipis() {
    if (boot->ipis == 0 || smp_processor_id() != 0) {
        return;
    }
    for (uint32_t cpu = 0; cpu < boot->nr_cpus; ++cpu) {
        send_to(cpu);
    }
}
