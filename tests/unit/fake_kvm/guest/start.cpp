// SPDX-License-Identifier: GPL-2.0-or-later
// Replaces guest/main.cpp, guest/panic.cpp and guest/arch/ of a real CPU.
#include <cpu.h>
#include <percpu_init.h>
#include <ptrace.h>

#include "arch/registers.h"

#include "interface.h"
#include "panic.h"
#include "rcu/rcu_sched.h"
#include "work/updater.h"
#include "work/worker.h"

extern "C" void do_nmi(struct pt_regs* regs, long error_code);

shared::Boot* boot;

namespace {

using nmistorm::fake_kvm::guest::Entry;
using nmistorm::fake_kvm::guest::Hardware;

const Hardware* hardware;

/// A CPU, which any thread may run.
struct Context {
    percpu* cpu;
    void* vcpu;
};
Context contexts[shared::max_cpus];

void become(const Context& context);

const Context& current() {
    return contexts[fake::cpu->number];
}

/// Other CPUs may run on this thread before @p act returns, and this CPU may continue on another thread.
template <typename Act>
void outside(Act act) {
    const Context& mine = current();
    act(mine.vcpu);
    become(mine);
}

void become(const Context& context) {
    fake::cpu = context.cpu;
    fake::on_instruction = [] { outside(hardware->instruction); };
    fake::on_relax = [] { outside(hardware->relax); };
    fake::on_halt = [] { outside(hardware->halt); };
    fake::on_send_nmi = [](uint32_t id) { outside([id](void* vcpu) { hardware->send_nmi(vcpu, id); }); };
}

/// The host counts from the guest's address 0; code in this process needs this process's addresses.
void load(const Hardware& given, void* memory, void* host) {
    hardware = &given;
    boot = static_cast<shared::Boot*>(host);
    const uint32_t base = address_of(static_cast<char*>(memory));
    boot->cpu_pages += base;
    boot->rings += base;
    boot->arena += base;
    boot->tss += base;
    boot->samples += base;
}

void start(uint32_t number, void* vcpu) {
    contexts[number] = {per_cpu(number), vcpu};
    init_percpu(number);
    become(contexts[number]);
    rcu_cpu_starting();
    if (number == 0) {
        run_updater();
    }
    run_worker();
}

void nmi(uint32_t number) {
    become(contexts[number]);
    percpu* cpu = contexts[number].cpu;
    this_cpu_inc(cpu->page.counters.nmi_entries);
    pt_regs regs{reinterpret_cast<unsigned long>(&start)};
    do_nmi(&regs, 0);
    this_cpu_inc(cpu->page.counters.nmi_exits);
}

}  // namespace

void panic(const char*) {
    percpu* cpu = this_cpu();
    cpu->page.panic = {256, 0, address_of(__builtin_return_address(0)), 0, 0, 0};
    smp_store_release(&cpu->page.state, shared::CpuState::panicked);
    outside([](void* vcpu) { hardware->out(vcpu, shared::panic_port); });
    while (true) {
        halt();
    }
}

extern "C" uint32_t hold_registers(uint32_t) {
    constexpr int instructions = 100;
    for (int i = 0; i < instructions; ++i) {
        fake::instruction();
    }
    return 0;
}

extern "C" __attribute__((visibility("default"))) const Entry fake_guest = {load, start, nmi};
