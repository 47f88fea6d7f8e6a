// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/code.h"

#include <gtest/gtest.h>

#include "image/embedded.h"

namespace nmistorm::guests {
namespace {

class DecodedCode : public testing::Test {
  protected:
    void put(GuestVirt at, std::initializer_list<unsigned char> bytes) {
        std::uint64_t to = at.value;
        for (const unsigned char byte : bytes) {
            memory_.all()[to++] = std::byte{byte};
        }
        code_.written(to_phys(at), bytes.size());
    }

    image::Image image_ = image::embedded("guest_x86_64_none");
    guests::Layout layout_ = guests::make_layout(1, image_.segments());
    machine::GuestMemory memory_{layout_.size};
    Code code_{image_, memory_, layout_};
    GuestVirt here_ = {image::image_begin.value + machine::page_size - 1};  // the last byte of a page
};

TEST_F(DecodedCode, is_decoded_anew_once_a_byte_of_it_was_written) {
    put(here_, {0x0f, 0x31});  // rdtsc
    ASSERT_NE(code_.at(here_), nullptr);
    EXPECT_EQ(code_.at(here_)->kind, decode::Instruction::Kind::rdtsc);
    put({here_.value + 1}, {0xa2});  // in the next page: cpuid
    EXPECT_EQ(code_.at(here_)->kind, decode::Instruction::Kind::other);
}

TEST_F(DecodedCode, takes_no_more_memory_where_the_same_place_is_written_and_run_again_and_again) {
    for (unsigned i = 0; i < 1000; ++i) {
        put(here_, {0x90, static_cast<unsigned char>(i % 2 != 0 ? 0x90 : 0xc3)});
        code_.at(here_);
        code_.at({here_.value + 1});
    }
    EXPECT_LE(code_.held(), 2U);
}

TEST_F(DecodedCode, may_lie_anywhere_in_memory_that_is_mapped_and_nowhere_else) {
    const GuestVirt arena{layout_.arena.value};
    put(arena, {0xc3});
    ASSERT_NE(code_.at(arena), nullptr);
    EXPECT_EQ(code_.at(arena)->kind, decode::Instruction::Kind::ret);
    EXPECT_EQ(code_.at({0}), nullptr);
    EXPECT_EQ(code_.at({layout_.size}), nullptr);
    EXPECT_EQ(code_.at({~std::uint64_t{0}}), nullptr);
}

}  // namespace
}  // namespace nmistorm::guests
