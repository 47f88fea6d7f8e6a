// SPDX-License-Identifier: GPL-2.0-or-later
#include "panic.h"

#include <cpu.h>
#include <ptrace.h>

#include "rcu/preempt.h"

namespace {

constexpr uint32_t software_panic = 256;  // above every vector: panic() was called

[[noreturn]] void stop(const shared::Panic& panic) {
    percpu* cpu = this_cpu();
    cpu->page.panic = panic;
    smp_store_release(&cpu->page.state, shared::CpuState::panicked);
    outb(shared::panic_port, 0);
    while (true) {
        halt();
    }
}

uint32_t in_nmi() {
    return preempt_count() >= NMI_OFFSET ? 1 : 0;
}

}  // namespace

void panic(const char*) {
    stop({software_panic, 0, address_of(__builtin_return_address(0)), 0, 0, in_nmi()});
}

/// Every exception is a bug here; arch/*/nmi_entry.S.
extern "C" void exception(const struct pt_regs* regs, unsigned long vector) {
    stop({static_cast<uint32_t>(vector), static_cast<uint32_t>(regs->error_code),
          static_cast<uint32_t>(regs->ip), static_cast<uint32_t>(kernel_stack_pointer(regs)),
          static_cast<uint32_t>(read_cr2()), in_nmi()});
}
