// SPDX-License-Identifier: GPL-2.0-or-later
#include "panic.h"

#include <cpu.h>
#include <ptrace.h>

#include "rcu/preempt.h"
#include "trace/trace.h"

extern "C" char modules_begin[];  // guest.lds
extern "C" char modules_end[];

namespace {

constexpr uint32_t invalid_opcode = 6;
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

bool is_module_text_address(uint32_t address) {
    return address >= address_of(modules_begin) && address < address_of(modules_end);
}

}  // namespace

void panic(const char*) {
    stop({software_panic, 0, address_of(__builtin_return_address(0)), 0, 0, in_nmi()});
}

/// Every exception is a bug here; arch/*/nmi_entry.S. No handler holds an invalid instruction until its code
/// is destroyed (mem/module.h).
extern "C" void exception(const struct pt_regs* regs, unsigned long vector) {
    const auto ip = static_cast<uint32_t>(regs->ip);
    if (vector == invalid_opcode && is_module_text_address(ip)) {
        trace_trip(in_nmi() != 0 ? shared::RingOf::nmi : shared::RingOf::task, shared::Trip::code, ip,
                   this_cpu()->run.generation);
    }
    stop({static_cast<uint32_t>(vector), static_cast<uint32_t>(regs->error_code), ip,
          static_cast<uint32_t>(kernel_stack_pointer(regs)), static_cast<uint32_t>(read_cr2()), in_nmi()});
}
