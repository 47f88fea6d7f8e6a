// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/layout.h"

#include <algorithm>

namespace nmistorm::guests {
namespace {

constexpr std::uint64_t large_page = 2 << 20;

/// Of a fast guest these are seconds, since a busy host drains late. With many vCPUs they are less, so that
/// the page tables for all of it fit below the image.
std::uint32_t ring_events_for(unsigned vcpus) {
    return vcpus <= 64 ? 32768 : 8192;
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
    return (value + to - 1) / to * to;
}

}  // namespace

Layout make_layout(unsigned vcpus, const std::vector<image::Segment>& segments) {
    Layout layout;
    layout.vcpus = vcpus;
    layout.ring_events = ring_events_for(vcpus);
    std::uint64_t next = 0;
    for (const image::Segment& segment : segments) {
        const GuestPhys end{round_up(segment.address.value + segment.size, page_size)};
        layout.image.push_back({GuestPhys{segment.address.value / page_size * page_size}, end});
        next = std::max(next, end.value);
    }
    const auto take = [&next](std::uint64_t bytes) {
        const GuestPhys here{next};
        next = round_up(next + bytes, page_size);
        return here;
    };
    layout.boot = take(sizeof(abi::Boot));
    layout.cpu_pages = take(std::uint64_t{vcpus} * abi::cpu_page_stride);
    layout.stacks = take(vcpus * Layout::stacks_stride);
    layout.rings = take(std::uint64_t{vcpus} * abi::rings_per_cpu * layout.ring_events * sizeof(abi::Event));
    layout.samples = take(vcpus * Layout::sample_bytes);
    layout.arena = take(Layout::arena_size);
    layout.size = round_up(next, large_page);

    // x86-64 needs three upper tables and one lower table for each 2 MiB, i386 fewer (guests/abi/boot_*.cpp).
    layout.xapic_table = layout.page_tables + (3 + layout.size / large_page) * page_size;
    layout.gdt = layout.xapic_table + page_size;
    return layout;
}

GuestPhys Layout::cpu_page(unsigned cpu) const {
    return cpu_pages + std::uint64_t{cpu} * abi::cpu_page_stride;
}

GuestPhys Layout::tss(unsigned cpu) const {
    return gdt + (cpu + 1) * abi::tss_stride;
}

GuestPhys Layout::ring(unsigned cpu, abi::RingOf which) const {
    return rings + (std::uint64_t{cpu} * abi::rings_per_cpu + static_cast<unsigned>(which)) * ring_events *
                       sizeof(abi::Event);
}

GuestPhys Layout::samples_of(unsigned cpu) const {
    return samples + cpu * sample_bytes;
}

GuestVirt Layout::task_stack(unsigned cpu) const {
    return to_virt(stacks + cpu * stacks_stride + (1 + task_stack_pages) * page_size);
}

GuestVirt Layout::nmi_stack(unsigned cpu) const {
    return {task_stack(cpu).value + (1 + nmi_stack_pages) * page_size};
}

GuestVirt Layout::exception_stack(unsigned cpu) const {
    return {nmi_stack(cpu).value + (1 + exception_stack_pages) * page_size};
}

bool Layout::unmapped(GuestPhys page) const {
    if (page.value < page_size) {
        return true;
    }
    if (page >= image::image_begin && page < boot) {
        return std::ranges::none_of(
            image, [page](const Pages& pages) { return pages.begin <= page && page < pages.end; });
    }
    if (page < stacks || page >= stacks + vcpus * stacks_stride) {
        return false;
    }
    const std::uint64_t index = (page.value - stacks.value) % stacks_stride / page_size;
    return index == 0 || index == 1 + task_stack_pages || index == 2 + task_stack_pages + nmi_stack_pages;
}

}  // namespace nmistorm::guests
