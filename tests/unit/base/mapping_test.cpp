// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/mapping.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace nmistorm {
namespace {

constexpr std::size_t page = 4096;

TEST(Mapping, of_nothing_is_zero_all_over_and_can_be_written) {
    const Mapping mapping = Mapping::anonymous(3 * page);
    ASSERT_EQ(mapping.bytes().size(), 3 * page);
    EXPECT_TRUE(std::ranges::all_of(mapping.bytes(), [](std::byte byte) { return byte == std::byte{0}; }));
    mapping.bytes().back() = std::byte{1};
}

TEST(Mapping, of_a_file_is_seen_by_others_that_map_it) {
    const Fd file(memfd_create("mapping_test", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(file.get(), page), 0);
    const Mapping one = Mapping::shared(file.get(), page);
    const Mapping other = Mapping::shared(file.get(), page);
    one.bytes()[7] = std::byte{42};
    EXPECT_EQ(other.bytes()[7], std::byte{42});
}

TEST(Mapping, keeps_its_place_when_it_is_moved) {
    Mapping from = Mapping::anonymous(page);
    const std::byte* place = from.bytes().data();
    Mapping to = Mapping::anonymous(page);
    to = std::move(from);
    EXPECT_EQ(to.bytes().data(), place);
    to.bytes()[0] = std::byte{1};
}

TEST(Mapping, that_cannot_be_made_is_an_error_that_says_how_large_it_was_to_be) {
    try {
        Mapping::shared(-1, page);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "mmap of 4096 bytes: Bad file descriptor");
    }
}

}  // namespace
}  // namespace nmistorm
