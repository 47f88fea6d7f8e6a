// SPDX-License-Identifier: GPL-2.0-or-later
#include "panic.h"

#include <cpu.h>
#include <ptrace.h>

#include "handlers/handlers.h"
#include "mem/module.h"
#include "rcu/preempt.h"
#include "trace/trace.h"

namespace {

constexpr uint32_t software_panic = 256;  // above every vector; means that panic() was called

[[noreturn]] void stop(const shared::Panic& panic) {
    percpu* cpu = this_cpu();
    // Word by word: some compilers copy a struct by a call of memcpy, which the guest has not.
    shared::Panic& told = cpu->page.panic;
    told.vector = panic.vector;
    told.error_code = panic.error_code;
    told.ip = panic.ip;
    told.sp = panic.sp;
    told.cr2 = panic.cr2;
    told.in_nmi = panic.in_nmi;
    // The host reads the panic after the exit, when this CPU no longer runs, or after it loads this state
    // with acquire.
    smp_store_release(&cpu->page.state, shared::CpuState::panicked);
    outb(shared::panic_port, 0);
    while (true) {
        halt();
    }
}

uint32_t in_nmi() {
    return preempt_count() >= NMI_OFFSET ? 1 : 0;
}

bool is_in_destroyed_code(uint32_t address) {
    for (const auto& copies : handlers) {
        for (const handler& each : copies) {
            if (module_is_destroyed(*each.code, address)) {
                return true;
            }
        }
    }
    return false;
}

/// Whether this CPU is in a handler whose code is destroyed.
bool handler_is_destroyed() {
    const nmi_run& run = this_cpu()->run;
    return in_nmi() != 0 && run.generation != 0 && is_in_destroyed_code(run.callback);
}

}  // namespace

void panic(const char*) {
    stop({software_panic, 0, address_of(__builtin_return_address(0)), 0, 0, in_nmi()});
}

/// arch/*/exception_entry.S calls it for every exception; each is a bug. An exception in a handler whose code
/// is being destroyed is attributed to the destruction, since a partly destroyed instruction may do anything.
extern "C" void exception(const struct pt_regs* regs, unsigned long vector) {
    const auto ip = static_cast<uint32_t>(regs->ip);
    if (is_in_destroyed_code(ip) || handler_is_destroyed()) {
        trace_trip(in_nmi() != 0 ? shared::RingOf::nmi : shared::RingOf::task, shared::Trip::code, ip,
                   this_cpu()->run.generation);
    }
    stop({static_cast<uint32_t>(vector), static_cast<uint32_t>(regs->error_code), ip,
          static_cast<uint32_t>(kernel_stack_pointer(regs)), static_cast<uint32_t>(read_cr2()), in_nmi()});
}
