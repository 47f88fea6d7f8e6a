// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include <nmistorm/abi/boot.h>

#include "base/address.h"
#include "image/image.h"
#include "machine/guest_memory.h"

namespace nmistorm::guests {

using machine::page_size;

/// Whole pages, from @p begin up to but not including @p end.
struct Pages {
    GuestPhys begin;
    GuestPhys end;
};

/// The layout of guest-physical memory, which is guest-virtual memory too:
///
///   0            not mapped: a null pointer is a page fault
///   0x1000       page tables, then GDT and TSSs                    (up to 1 MiB)
///   0x100000     the image; what no segment covers is not mapped   (image/image.h)
///   image end    Boot, CpuPages, stacks, rings, sample buffers, the kmalloc arena
///
/// Each of a CPU's stacks lies above a page that is not mapped:
///
///   | guard | task | guard | NMI | guard | exception |
struct Layout {
    GuestPhys page_tables{page_size};
    GuestPhys xapic_table;  ///< the page table or directory that maps abi::xapic_base, if anything does
    GuestPhys gdt;          ///< the GDT of all CPUs, then one TSS for each CPU
    GuestPhys boot;
    GuestPhys cpu_pages;
    GuestPhys stacks;
    GuestPhys rings;
    GuestPhys samples;
    GuestPhys arena;
    std::uint64_t size = 0;  ///< of guest memory in bytes, a multiple of 2 MiB
    unsigned vcpus = 0;
    std::uint32_t ring_events = 0;  ///< size of each ring of events, a power of two
    std::vector<Pages> image;       ///< pages that the image's segments cover

    static constexpr std::uint64_t task_stack_pages = 4;
    static constexpr std::uint64_t nmi_stack_pages = 2;
    static constexpr std::uint64_t exception_stack_pages = 1;
    static constexpr std::uint64_t stacks_stride =
        (3 + task_stack_pages + nmi_stack_pages + exception_stack_pages) * page_size;
    static constexpr std::uint32_t sample_slots = 4096;
    static constexpr std::uint64_t sample_bytes = sample_slots * sizeof(std::uint32_t);
    static constexpr std::uint64_t arena_size = 128 * 1024;

    [[nodiscard]] GuestPhys cpu_page(unsigned cpu) const;
    [[nodiscard]] GuestPhys tss(unsigned cpu) const;
    [[nodiscard]] GuestPhys ring(unsigned cpu, abi::RingOf which) const;
    [[nodiscard]] GuestPhys samples_of(unsigned cpu) const;
    /// Initial stack pointers: one past the stack's last byte.
    [[nodiscard]] GuestVirt task_stack(unsigned cpu) const;
    [[nodiscard]] GuestVirt nmi_stack(unsigned cpu) const;
    [[nodiscard]] GuestVirt exception_stack(unsigned cpu) const;
    /// The page is page 0, a guard, or a hole in the image, so that a wild jump faults there.
    [[nodiscard]] bool unmapped(GuestPhys page) const;
};

/// The layout for @p vcpus CPUs, 1 to abi::max_cpus, and an image with @p segments, at least one.
Layout make_layout(unsigned vcpus, const std::vector<image::Segment>& segments);

}  // namespace nmistorm::guests
