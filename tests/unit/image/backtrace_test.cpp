// SPDX-License-Identifier: GPL-2.0-or-later
// What called what on a stack that is written here.
#include "image/backtrace.h"

#include <algorithm>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "damaged.h"
#include "image/image.h"

namespace nmistorm::image {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::uint64_t stack = 0x200000;

struct Guest {
    Image image;
    std::uint64_t word_size;
    std::map<std::uint64_t, std::uint64_t> memory = {};

    void put(std::uint64_t n, std::uint64_t word) { memory[stack + n * word_size] = word; }
    [[nodiscard]] std::uint64_t at(const std::string& function, std::uint64_t offset = 0) const {
        return image.symbol(function)->address.value + offset;
    }
    /// Where a vCPU is that is at @p ip with the stack above, by function; what calls is so where it calls.
    [[nodiscard]] std::vector<std::string> functions(std::uint64_t ip) const {
        Frame innermost{.ip = GuestVirt{ip}};
        innermost.registers.fill(stack + 8);  // rbp might be taken for a frame
        innermost.registers[stack_pointer] = stack;
        const auto frames = image.backtrace(innermost, [this](std::uint64_t address) {
            const auto word = memory.find(address);
            return word == memory.end() ? std::nullopt : std::optional(word->second);
        });
        std::vector<std::string> names(frames.size());
        std::ranges::transform(frames, names.begin(), [this](const Frame& frame) {
            return image.name_at({frame.ip.value - (frame.after_call ? 1 : 0)});
        });
        return names;
    }
};

Guest x86_64() {
    return {.image = Image::from_file(NMISTORM_CLEAN_IMAGE), .word_size = 8};
}

Guest i386() {
    return {.image = Image::from_file(NMISTORM_CLEAN_I386), .word_size = 4};
}

TEST(Backtrace, crosses_an_nmi_to_what_it_interrupted) {
    Guest guest = x86_64();
    guest.put(0, guest.at("hold_registers"));  // ip
    guest.put(1, 8);                           // cs
    guest.put(2, 2);                           // flags
    guest.put(3, stack + 0x100);               // sp, of another stack
    guest.put(4, 16);                          // ss
    guest.put(0x20, guest.at("_start", 7));    // hold_registers returns to there
    EXPECT_THAT(guest.functions(guest.at("nmi_entry")), ElementsAre("nmi_entry", "hold_registers", "_start"));
}

TEST(Backtrace, crosses_an_nmi_on_the_stack_of_what_it_interrupted) {
    Guest guest = i386();
    guest.put(0, guest.at("hold_registers"));
    guest.put(1, 8);
    guest.put(2, 2);
    guest.put(3, guest.at("_start", 9));
    EXPECT_THAT(guest.functions(guest.at("nmi_entry")), ElementsAre("nmi_entry", "hold_registers", "_start"));
}

TEST(Backtrace, shows_a_caller_by_its_call_which_may_be_its_last_instruction) {
    Guest guest = x86_64();
    guest.put(0, guest.at("_start") + guest.image.symbol("_start")->size);
    EXPECT_THAT(guest.functions(guest.at("hold_registers")), ElementsAre("hold_registers", "_start"));
}

TEST(Backtrace, ends_where_memory_does) {
    EXPECT_THAT(x86_64().functions(x86_64().at("hold_registers")), ElementsAre("hold_registers"));
}

TEST(Backtrace, ends_where_the_image_knows_nothing) {
    Guest guest = x86_64();
    guest.put(0, 0x6b6b6b6b6b6b6b6b);
    EXPECT_THAT(guest.functions(guest.at("hold_registers")), ElementsAre("hold_registers", ""));
    EXPECT_THAT(guest.functions(0x6b6b6b6b6b6b6b6b), ElementsAre(""));
}

TEST(Backtrace, crosses_a_jump_to_null) {
    Guest guest = x86_64();
    guest.put(0, guest.at("hold_registers", 1));
    guest.put(1, guest.at("_start", 7));
    EXPECT_THAT(guest.functions(0), testing::ElementsAre("", "hold_registers", "_start"));
    guest.put(0, stack);
    EXPECT_THAT(guest.functions(0), ElementsAre("")) << "that is no return";
}

TEST(Backtrace, has_the_registers_of_each_frame) {
    Guest guest = x86_64();
    guest.put(0, guest.at("_start", 7));
    const auto frames = guest.image.backtrace(
        {.ip = GuestVirt{guest.at("hold_registers")}, .registers = {0, 0, 0, 7, stack}},
        [&guest](std::uint64_t address) { return std::optional(guest.memory[address]); });
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_EQ(frames.back().registers[3], 7U) << "rbx, which was not saved yet";
    EXPECT_EQ(frames.back().registers[stack_pointer], stack + 8);
    EXPECT_EQ(frames.back().ip, GuestVirt{guest.at("_start", 7)});
    EXPECT_TRUE(frames.back().after_call);
    EXPECT_EQ(guest.image.describe_return(frames.back().ip), "_start+0x7 guest/arch/x86_64/start.S:12");
}

TEST(Backtrace, of_a_stack_that_leads_in_circles_ends) {
    Guest guest = x86_64();
    guest.put(0, guest.at("nmi_entry"));  // it interrupted itself, with the same stack
    guest.put(3, stack);
    guest.put(4, 16);
    EXPECT_THAT(guest.functions(guest.at("nmi_entry")), SizeIs(32));
}

TEST(Backtrace, of_an_image_without_call_frame_information_is_where_the_vcpu_is) {
    const test::Bytes bytes = test::stripped(test::clean_image());
    Guest guest{.image = Image::from_memory(bytes, "guest"), .word_size = 8};
    guest.put(0, image_begin.value + 0x80);
    EXPECT_THAT(guest.functions(image_begin.value + 0x100), SizeIs(1));
}

}  // namespace
}  // namespace nmistorm::image
