// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/boot_x86_64.h"

#include <array>
#include <cstring>

#include "guests/abi/boot.h"

namespace nmistorm::guests::x86_64 {
namespace {

constexpr std::uint64_t entry_present_writable = 0x3;
constexpr std::uint64_t entry_large_uncached = 0x90;  // PS and PCD
constexpr std::uint64_t entries = 512;
constexpr std::uint64_t bytes_per_table = entries * page_size;

// SDM 3A, 3.4.5: 64-bit code, read/write data.
constexpr std::array<std::uint64_t, 3> gdt = {0, 0x00af9b000000ffff, 0x00cf93000000ffff};

constexpr std::uint32_t tss_ist1 = 0x24;  // SDM 3A, figure 8-11
constexpr std::uint32_t tss_ist2 = 0x2c;

constexpr std::uint64_t cr4_pae = 0x20;
constexpr std::uint64_t efer_lme_lma = 0x500;

void write_page_tables(const machine::GuestMemory& memory, const Layout& layout) {
    const GuestPhys pml4 = layout.page_tables;
    const GuestPhys pdpt = pml4 + page_size;
    const GuestPhys directory = pdpt + page_size;
    const GuestPhys tables = directory + page_size;
    memory.at<std::uint64_t>(pml4) = pdpt.value | entry_present_writable;
    memory.at<std::uint64_t>(pdpt) = directory.value | entry_present_writable;
    for (std::uint64_t i = 0; i < layout.size / bytes_per_table; ++i) {
        const GuestPhys table = tables + i * page_size;
        memory.at<std::uint64_t>(directory + i * sizeof(std::uint64_t)) =
            table.value | entry_present_writable;
        for (std::uint64_t j = 0; j < entries; ++j) {
            const GuestPhys page{i * bytes_per_table + j * page_size};
            memory.at<std::uint64_t>(table + j * sizeof(std::uint64_t)) =
                layout.unmapped(page) ? 0 : page.value | entry_present_writable;
        }
    }
}

void write_tss(const machine::GuestMemory& memory, const Layout& layout, unsigned cpu) {
    // The TSS's 64-bit fields are not aligned.
    const auto put = [&](std::uint32_t offset, GuestVirt stack) {
        std::memcpy(memory.span(layout.tss(cpu) + offset, sizeof(stack.value)).data(), &stack.value,
                    sizeof(stack.value));
    };
    put(tss_ist1, layout.nmi_stack(cpu));
    put(tss_ist2, layout.exception_stack(cpu));
}

}  // namespace

void write_tables(const machine::GuestMemory& memory, const Layout& layout) {
    write_page_tables(memory, layout);
    std::memcpy(memory.span(layout.gdt, sizeof(gdt)).data(), gdt.data(), sizeof(gdt));
    for (unsigned cpu = 0; cpu < layout.vcpus; ++cpu) {
        write_tss(memory, layout, cpu);
    }
}

void map_xapic(const machine::GuestMemory& memory, const Layout& layout) {
    constexpr std::uint64_t index = abi::xapic_base / bytes_per_table;  // of 2 MiB
    static_assert(abi::xapic_base % bytes_per_table == 0);
    const GuestPhys pdpt = layout.page_tables + page_size;
    memory.at<std::uint64_t>(pdpt + index / entries * sizeof(std::uint64_t)) =
        layout.xapic_table.value | entry_present_writable;
    memory.at<std::uint64_t>(layout.xapic_table + index % entries * sizeof(std::uint64_t)) =
        std::uint64_t{abi::xapic_base} | entry_present_writable | entry_large_uncached;
}

void set_start_state(kvm::Vcpu& vcpu, unsigned cpu, GuestVirt entry, const Layout& layout, bool interrupts) {
    kvm_sregs sregs = flat_sregs(vcpu.sregs(), cpu, layout);
    sregs.gdt.limit = sizeof(gdt) - 1;
    sregs.cs.l = 1;
    sregs.cr4 = cr4_pae;
    sregs.efer = efer_lme_lma;
    vcpu.set_sregs(sregs);
    vcpu.set_regs(start_regs(cpu, entry, layout, interrupts));
}

}  // namespace nmistorm::guests::x86_64
