// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "guests/abi/boot_i386.h"
#include "guests/abi/boot_x86_64.h"
#include "machine/guest_memory.h"

namespace nmistorm::guests {
namespace {

constexpr GuestPhys image_end{0x112345};

/// Two segments with a hole of sixteen pages between them.
Layout layout_of(unsigned vcpus) {
    return make_layout(vcpus, {{GuestPhys{0x100000}, {}, 0x1234}, {GuestPhys{0x112000}, {}, 0x345}});
}
constexpr unsigned hole = 16;

struct Range {
    std::uint64_t begin, end;
};

/// Everything that must not overlap, for @p vcpus CPUs.
std::vector<Range> ranges(const Layout& layout) {
    std::vector<Range> all = {
        {layout.page_tables.value, layout.xapic_table.value},
        {layout.xapic_table.value, layout.xapic_table.value + page_size},
        {layout.gdt.value, layout.gdt.value + abi::tss_stride},
        {0x100000, image_end.value},
        {layout.boot.value, layout.boot.value + sizeof(abi::Boot)},
        {layout.arena.value, layout.arena.value + Layout::arena_size},
    };
    for (unsigned cpu = 0; cpu < layout.vcpus; ++cpu) {
        const auto add = [&all](std::uint64_t begin, std::uint64_t size) {
            all.push_back({begin, begin + size});
        };
        add(layout.tss(cpu).value, abi::tss_stride);
        add(layout.cpu_page(cpu).value, abi::cpu_page_stride);
        add(layout.ring(cpu, abi::RingOf::task).value, layout.ring_events * sizeof(abi::Event));
        add(layout.ring(cpu, abi::RingOf::nmi).value, layout.ring_events * sizeof(abi::Event));
        add(layout.samples_of(cpu).value, Layout::sample_bytes);
        add(layout.task_stack(cpu).value - Layout::task_stack_pages * page_size,
            Layout::task_stack_pages * page_size);
        add(layout.nmi_stack(cpu).value - Layout::nmi_stack_pages * page_size,
            Layout::nmi_stack_pages * page_size);
        add(layout.exception_stack(cpu).value - page_size, page_size);
    }
    std::ranges::sort(all, {}, &Range::begin);
    return all;
}

class LayoutOf : public testing::TestWithParam<unsigned> {};

TEST_P(LayoutOf, gives_everything_its_own_place_inside_memory) {
    const Layout layout = layout_of(GetParam());
    const auto all = ranges(layout);
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        EXPECT_LE(all[i].end, all[i + 1].begin) << std::hex << all[i].begin;
    }
    EXPECT_LE(all.back().end, layout.size);
    EXPECT_LE(layout.tss(layout.vcpus).value, 0x100000U) << "the host's tables must end below the image";
}

TEST_P(LayoutOf, unmaps_page_zero_a_page_below_every_stack_and_holes_in_the_image) {
    const Layout layout = layout_of(GetParam());
    EXPECT_TRUE(layout.unmapped({0}));
    unsigned guards = 0;
    for (std::uint64_t page = page_size; page < layout.size; page += page_size) {
        guards += layout.unmapped({page});
    }
    EXPECT_EQ(guards, 3 * GetParam() + hole);
    EXPECT_FALSE(layout.unmapped({0x101000}));
    EXPECT_TRUE(layout.unmapped({0x102000}));
    EXPECT_TRUE(layout.unmapped({0x111000}));
    EXPECT_FALSE(layout.unmapped({0x112000}));
    for (unsigned cpu = 0; cpu < GetParam(); ++cpu) {
        const auto guarded = [&](GuestVirt top, std::uint64_t pages) {
            EXPECT_TRUE(layout.unmapped({top.value - (pages + 1) * page_size}));
            for (std::uint64_t page = 1; page <= pages; ++page) {
                EXPECT_FALSE(layout.unmapped({top.value - page * page_size}));
            }
        };
        guarded(layout.task_stack(cpu), Layout::task_stack_pages);
        guarded(layout.nmi_stack(cpu), Layout::nmi_stack_pages);
        guarded(layout.exception_stack(cpu), Layout::exception_stack_pages);
    }
}

TEST_P(LayoutOf, is_mapped_one_to_one_but_for_the_guards) {
    const Layout layout = layout_of(GetParam());
    const machine::GuestMemory memory(layout.size);
    x86_64::write_tables(memory, layout);
    constexpr std::uint64_t address_bits = 0xffffffffff000;
    const auto entry = [&memory](std::uint64_t table, std::uint64_t index) {
        return memory.at<std::uint64_t>(GuestPhys{(table & address_bits) + index * 8});
    };
    for (std::uint64_t page = 0; page < layout.size; page += page_size) {
        // A walk as the SDM describes it (3A, 4.5.4).
        const std::uint64_t pdpt = entry(layout.page_tables.value, page >> 39 & 511);
        const std::uint64_t directory = entry(pdpt, page >> 30 & 511);
        const std::uint64_t table = entry(directory, page >> 21 & 511);
        const std::uint64_t leaf = entry(table, page >> 12 & 511);
        ASSERT_EQ(leaf & 1, layout.unmapped({page}) ? 0U : 1U);
        if ((leaf & 1) != 0) {
            ASSERT_EQ(leaf & address_bits, page);
        }
    }
}

TEST(XapicTable, maps_the_apics_registers_to_themselves_uncached_and_nothing_else) {
    const Layout layout = layout_of(2);
    const machine::GuestMemory memory(layout.size);
    // In all of memory, where nothing else was written.
    const auto count = [&layout](const machine::GuestMemory& of, auto entry) {
        const auto all = of.array<decltype(entry)>(GuestPhys{0}, layout.size / sizeof(entry));
        return std::ranges::count_if(all, [](auto each) { return each != 0; });
    };
    // SDM 3A, 4.5.4 and 4.3; bit 4 is PCD, bit 7 that of a page of 2 MiB.
    x86_64::map_xapic(memory, layout);
    EXPECT_EQ(memory.at<std::uint64_t>(layout.page_tables + page_size + 3 * 8), layout.xapic_table.value | 3);
    EXPECT_EQ(memory.at<std::uint64_t>(layout.xapic_table + 0x1f7 * 8), 0xfee00093U);
    EXPECT_EQ(count(memory, std::uint64_t{}), 2);

    const machine::GuestMemory other(layout.size);
    i386::map_xapic(other, layout);
    EXPECT_EQ(other.at<std::uint32_t>(layout.page_tables + 1019 * 4), layout.xapic_table.value | 3);
    EXPECT_EQ(other.at<std::uint32_t>(layout.xapic_table + 0x200 * 4), 0xfee00013U);
    EXPECT_EQ(count(other, std::uint32_t{}), 2);
}

INSTANTIATE_TEST_SUITE_P(Vcpus, LayoutOf, testing::Values(1, 2, 17, 64, 65, 1024));

TEST(GuestMemory, refuses_what_lies_outside_it_or_is_not_aligned) {
    const machine::GuestMemory memory(2 * page_size);
    EXPECT_NO_THROW((void)memory.span({0}, 2 * page_size));
    EXPECT_NO_THROW((void)memory.span({2 * page_size}, 0));
    EXPECT_THROW((void)memory.span({0}, 2 * page_size + 1), Error);
    EXPECT_THROW((void)memory.span({2 * page_size}, 1), Error);
    EXPECT_THROW((void)memory.span({UINT64_MAX}, 2), Error);
    EXPECT_THROW((void)memory.span({1}, SIZE_MAX), Error);
    EXPECT_THROW((void)memory.at<std::uint32_t>({2 * page_size - 2}), Error);
    EXPECT_THROW((void)memory.at<std::uint32_t>({2}), Error);
    EXPECT_THROW((void)memory.array<std::uint64_t>({0}, 2 * page_size / 8 + 1), Error);
}

}  // namespace
}  // namespace nmistorm::guests
