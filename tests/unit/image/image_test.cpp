// SPDX-License-Identifier: GPL-2.0-or-later
// Images come from outside: each is either refused in one sentence or valid.
#include "image/image.h"

#include <algorithm>
#include <optional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "damaged.h"

namespace nmistorm::image {
namespace {

using test::Bytes;
using testing::HasSubstr;
using testing::StartsWith;

/// What is promised about every image that is not refused.
void expect_sound(const Image& image, const Bytes& bytes) {
    const auto inside = [&](const Segment& segment) {
        return segment.address >= image_begin && segment.address < image_limit &&
               segment.size <= image_limit.value - segment.address.value &&
               segment.bytes.size() <= segment.size && segment.bytes.data() >= bytes.data() &&
               segment.bytes.data() + segment.bytes.size() <= bytes.data() + bytes.size();
    };
    EXPECT_TRUE(std::ranges::all_of(image.segments(), inside));
    EXPECT_LE(image.fault().size(), sizeof(abi::ImageNote::fault));
}

/// The error message for @p bytes; none if it is an image. Anything but UsageError fails the test.
std::optional<std::string> complaint(const Bytes& bytes) {
    try {
        const Image image = Image::from_memory(bytes, "guest");
        expect_sound(image, bytes);
        EXPECT_FALSE(image.describe(image.entry()).empty());
    } catch (const UsageError& error) {
        const std::string text = error.what();
        EXPECT_THAT(text, StartsWith("guest: "));
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        return text;
    }
    return std::nullopt;
}

/// A copy of exactly @p size bytes, so that a sanitizer detects a read beyond them.
std::optional<std::string> complaint_about_first(const Bytes& bytes, std::size_t size) {
    return complaint(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
}

TEST(Image, names_its_sources_by_their_paths_in_the_repository) {
    const Image image = Image::from_memory(test::clean_image(), "guest");
    const auto do_nmi = image.symbol("do_nmi");
    ASSERT_TRUE(do_nmi);
    EXPECT_THAT(image.describe(do_nmi->address), HasSubstr(" guest/nmi/nmi.cpp:"));
}

TEST(Image, that_is_clean_is_read) {
    const Bytes bytes = test::clean_image();
    const Image image = Image::from_memory(bytes, "guest");
    expect_sound(image, bytes);
    EXPECT_EQ(image.machine(), ElfMachine::x86_64);
    EXPECT_EQ(image.fault(), "none");
    EXPECT_EQ(image.build_id().size(), 40U);
    EXPECT_THAT(image.describe(image.entry()), HasSubstr("guest/arch/x86_64/"));
    EXPECT_EQ(image.name_at(image.entry()), "_start");
    EXPECT_EQ(image.name_at({image.entry().value + 1}), "_start");
    EXPECT_EQ(image.name_at({0}), "");
}

TEST(Image, with_a_type_that_refers_to_itself_is_searched_to_an_end) {
    const Image image = Image::from_file(NMISTORM_CYCLIC_TYPE);
    EXPECT_EQ(image.member_offset("percpu", "x"), std::nullopt);
    EXPECT_EQ(image.member_offset("percpu", "none"), std::nullopt);
}

TEST(Image, without_section_headers_runs_but_has_no_names) {
    const Bytes bytes = test::stripped(test::clean_image());
    const Image image = Image::from_memory(bytes, "guest");
    expect_sound(image, bytes);
    EXPECT_THAT(image.describe(image.entry()), StartsWith("0x"));
}

TEST(Image, with_section_headers_outside_the_file_runs_but_has_no_names) {
    Bytes bytes = test::clean_image();
    bytes.resize(test::end_of_segments(bytes));
    EXPECT_FALSE(complaint(bytes));
    EXPECT_THAT(Image::from_memory(bytes, "guest").describe({0x100060}), StartsWith("0x"));
}

TEST(Image, with_anything_wrong_is_refused_in_one_sentence_that_names_it) {
    for (const test::Damaged& damaged : test::damaged_images()) {
        const auto said = complaint(damaged.bytes);
        ASSERT_TRUE(said) << damaged.name;
        EXPECT_THAT(*said, HasSubstr(damaged.says)) << damaged.name;
    }
}

TEST(Image, cut_off_anywhere_is_refused_unless_only_names_are_lost) {
    const Bytes clean = test::clean_image();
    const std::size_t needed = test::end_of_segments(clean);
    for (std::size_t size = 0; size < clean.size(); size += size < 512 ? 1 : 97) {
        const auto said = complaint_about_first(clean, size);
        EXPECT_TRUE(said || size >= needed) << size << " bytes are no image";
    }
}

TEST(Image, cut_off_around_the_end_of_any_table_is_refused_unless_only_names_are_lost) {
    const Bytes clean = test::clean_image();
    const Bytes bare = test::stripped(clean);
    for (const std::size_t end : {test::end_of_headers(clean), test::end_of_segments(clean), clean.size()}) {
        for (std::size_t size = end - 130; size <= std::min(end + 130, clean.size()); ++size) {
            const auto said = complaint_about_first(clean, size);
            EXPECT_TRUE(said || size >= test::end_of_segments(clean)) << size << " bytes are no image";
        }
    }
    for (std::size_t size = bare.size() - 130; size < bare.size(); ++size) {
        EXPECT_TRUE(complaint_about_first(bare, size)) << size << " bytes are no image";
    }
    EXPECT_FALSE(complaint(bare));
}

/// Flips bytes of [begin, end) in many copies of @p clean. Returns how many of these are still images.
unsigned survivors(const Bytes& clean, std::size_t begin, std::size_t end, unsigned rounds) {
    std::mt19937_64 random(begin + 1);
    Bytes bytes = clean;
    unsigned accepted = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        std::vector<std::size_t> flipped;
        for (std::size_t flips = 1 + random() % 4; flips != 0; --flips) {
            flipped.push_back(begin + random() % (end - begin));
            // Bits, whole bytes and extreme values, since each passes different checks.
            const auto value = static_cast<unsigned char>(random());
            std::byte& byte = bytes[flipped.back()];
            byte = random() % 2 == 0 ? byte ^ std::byte(1U << value % 8)
                                     : (value < 64 ? std::byte{0xff} : std::byte{value});
        }
        accepted += complaint(bytes) ? 0 : 1;
        for (const std::size_t at : flipped) {
            bytes[at] = clean[at];
        }
    }
    return accepted;
}

TEST(Image, with_random_bytes_in_its_headers_never_does_harm) {
    const Bytes clean = test::clean_image();
    const unsigned accepted = survivors(clean, 0, test::end_of_headers(clean), 5000);
    EXPECT_GT(accepted, 0U) << "some fields do not matter";
    EXPECT_LT(accepted, 5000U) << "most do";
}

TEST(Image, with_random_bytes_in_its_note_is_an_image) {
    const Bytes clean = test::clean_image();
    constexpr std::size_t note = 0x1000;  // its segment's offset, the linker's page size
    EXPECT_EQ(survivors(clean, note, note + sizeof(abi::ElfImageNote), 5000), 5000U);
}

TEST(Image, of_another_guest_has_no_abi_version_or_another) {
    for (const test::Damaged& foreign : test::foreign_images()) {
        EXPECT_NE(Image::from_memory(foreign.bytes, "guest").abi_version(), abi::version) << foreign.name;
    }
    EXPECT_EQ(Image::from_memory(test::clean_image(), "guest").abi_version(), abi::version);
}

TEST(Image, with_random_bytes_in_its_section_headers_never_does_harm) {
    const Bytes clean = test::clean_image();
    survivors(clean, clean.size() - 1024, clean.size(), 2000);
}

TEST(Image, without_section_headers_and_with_random_bytes_never_does_harm) {
    const Bytes bare = test::stripped(test::clean_image());
    survivors(bare, 0, test::end_of_headers(bare), 20'000);
}

TEST(Image, leaves_names_alone_that_are_not_mangled) {
    Bytes bytes = test::clean_image();
    const auto as_bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    const auto before = as_bytes({"\0do_nmi\0", 8});
    const auto name = std::search(bytes.begin(), bytes.end(), before.begin(), before.end());
    ASSERT_NE(name, bytes.end());
    std::ranges::copy(as_bytes({"\0x\0", 3}), name);  // "x" mangled would be long long
    const Image image = Image::from_memory(bytes, "guest");
    const auto symbol = image.symbol("x");
    ASSERT_TRUE(symbol);
    EXPECT_EQ(image.name_at(symbol->address), "x");
}

}  // namespace
}  // namespace nmistorm::image
