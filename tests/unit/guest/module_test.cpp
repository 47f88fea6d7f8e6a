// SPDX-License-Identifier: GPL-2.0-or-later
#include "mem/module.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "compiler.h"

namespace {

using Page = std::array<uint32_t, module_code::page_words>;

/// So many words of code, then what the linker fills the page with.
Page page_with(uint32_t words) {
    Page page;
    page.fill(0xffffffff);
    for (uint32_t i = 0; i < words; ++i) {
        page[i] = i % 4 == 1 ? 0xffffffff : 0x90909000 + i;  // code may hold such words, too
    }
    return page;
}

bool destroyed(const Page& page) {
    return std::ranges::all_of(page, [](uint32_t word) { return word == 0xffffffff; });
}

TEST(Module, is_destroyed_until_it_is_loaded_and_again_when_it_is_unloaded) {
    const Page linked = page_with(33);
    Page page = linked;
    module_code code{};
    const uint32_t begin = address_of(page.data());
    EXPECT_FALSE(module_is_destroyed(code, begin)) << "it is no module yet";
    module_init(code, page.data());
    EXPECT_EQ(code.words, 33U);
    EXPECT_TRUE(destroyed(page));
    EXPECT_TRUE(module_is_destroyed(code, begin));
    EXPECT_TRUE(module_is_destroyed(code, begin + 4095));
    EXPECT_FALSE(module_is_destroyed(code, begin - 1));
    EXPECT_FALSE(module_is_destroyed(code, begin + 4096));
    for (int turn = 0; turn < 2; ++turn) {
        module_load(code);
        EXPECT_EQ(page, linked);
        EXPECT_FALSE(module_is_destroyed(code, begin));
        module_unload(code);
        EXPECT_TRUE(module_is_destroyed(code, begin));
        EXPECT_TRUE(destroyed(page));
    }
}

TEST(Module, of_the_greatest_size_is_taken_and_a_larger_one_refused) {
    module_code code;
    Page page = page_with(module_code::most_words);
    module_init(code, page.data());
    module_load(code);
    EXPECT_EQ(page, page_with(module_code::most_words));
    Page larger = page_with(module_code::most_words + 1);
    EXPECT_THROW(module_init(code, larger.data()), std::runtime_error);
}

}  // namespace
