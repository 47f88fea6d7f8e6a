// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/boot.h"

#include "kvm/vcpu.h"
#include "machine/segment.h"

namespace nmistorm::guests {
namespace {

constexpr std::uint64_t cr0_pe_mp_et_ne_wp_pg = 0x80010033;
constexpr std::uint64_t rflags_reserved = 0x2;  // bit 1 is always set
constexpr std::uint32_t tss_limit = 0x67;       // SDM 3A, figures 8-2 and 8-11

// Segment types (SDM 3A, tables 3-1 and 3-2).
constexpr std::uint8_t code_accessed = 0xb;
constexpr std::uint8_t data_accessed = 0x3;
constexpr std::uint8_t busy_tss = 0xb;

}  // namespace

kvm_sregs flat_sregs(kvm_sregs sregs, unsigned cpu, const Layout& layout) {
    sregs.cs = machine::flat_segment(code_selector, code_accessed);
    sregs.ds = sregs.es = sregs.ss = sregs.fs = machine::flat_segment(data_selector, data_accessed);
    sregs.gs = sregs.ds;
    sregs.gs.base = layout.cpu_page(cpu).value;
    sregs.tr = {};
    sregs.tr.base = layout.tss(cpu).value;
    sregs.tr.limit = tss_limit;
    sregs.tr.selector = tss_selector;
    sregs.tr.type = busy_tss;
    sregs.tr.present = 1;
    sregs.gdt.base = layout.gdt.value;
    sregs.idt = {};
    sregs.cr0 = cr0_pe_mp_et_ne_wp_pg;
    sregs.cr3 = layout.page_tables.value;
    return sregs;
}

kvm_regs start_regs(unsigned cpu, GuestVirt entry, const Layout& layout, bool interrupts) {
    kvm_regs regs{};
    regs.rip = entry.value;
    regs.rsp = layout.task_stack(cpu).value;
    regs.rdi = layout.boot.value;
    regs.rsi = cpu;
    regs.rflags = rflags_reserved | (interrupts ? kvm::rflags_if : 0);
    return regs;
}

}  // namespace nmistorm::guests
