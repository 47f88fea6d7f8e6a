// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/boot_i386.h"

#include <array>
#include <cstring>

#include "guests/abi/boot.h"

namespace nmistorm::guests::i386 {
namespace {

constexpr std::uint32_t entry_present_writable = 0x3;
constexpr std::uint32_t entry_uncached = 0x10;  // PCD
constexpr std::uint32_t entries = 1024;

// SDM 3A, 3.4.5: 32-bit code, read/write data.
constexpr std::array<std::uint64_t, 3> gdt = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff};

constexpr std::uint32_t entry(GuestPhys address) {
    return static_cast<std::uint32_t>(address.value) | entry_present_writable;
}

void write_page_tables(const machine::GuestMemory& memory, const Layout& layout) {
    const GuestPhys directory = layout.page_tables;
    for (std::uint64_t page = 0; page < layout.size; page += page_size) {
        const std::uint64_t index = page / page_size;
        const GuestPhys table = directory + (1 + index / entries) * page_size;
        memory.at<std::uint32_t>(directory + index / entries * sizeof(std::uint32_t)) = entry(table);
        memory.at<std::uint32_t>(table + index % entries * sizeof(std::uint32_t)) =
            layout.unmapped({page}) ? 0 : entry({page});
    }
}

}  // namespace

void write_tables(const machine::GuestMemory& memory, const Layout& layout) {
    write_page_tables(memory, layout);
    std::memcpy(memory.span(layout.gdt, sizeof(gdt)).data(), gdt.data(), sizeof(gdt));
}

void map_xapic(const machine::GuestMemory& memory, const Layout& layout) {
    constexpr std::uint64_t index = abi::xapic_base / page_size;
    memory.at<std::uint32_t>(layout.page_tables + index / entries * sizeof(std::uint32_t)) =
        entry(layout.xapic_table);
    memory.at<std::uint32_t>(layout.xapic_table + index % entries * sizeof(std::uint32_t)) =
        entry({abi::xapic_base}) | entry_uncached;
}

void set_start_state(kvm::Vcpu& vcpu, unsigned cpu, GuestVirt entry, const Layout& layout, bool interrupts) {
    kvm_sregs sregs = flat_sregs(vcpu.sregs(), cpu, layout);
    sregs.gdt.limit = sizeof(gdt) - 1;
    for (kvm_segment* segment : {&sregs.cs, &sregs.ds, &sregs.es, &sregs.fs, &sregs.gs, &sregs.ss}) {
        segment->db = 1;
    }
    sregs.cr4 = 0;
    sregs.efer = 0;
    vcpu.set_sregs(sregs);
    vcpu.set_regs(start_regs(cpu, entry, layout, interrupts));
}

}  // namespace nmistorm::guests::i386
