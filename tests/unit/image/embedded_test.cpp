// SPDX-License-Identifier: GPL-2.0-or-later
// Which embedded image a name and a build lead to, in a program that has three builds.
#include "image/embedded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "damaged.h"

namespace {

/// As in image/embedded.cpp.
struct Entry {
    const char* name;
    const std::byte* bytes;
    std::size_t size;
};

const nmistorm::test::Bytes& image() {
    static const nmistorm::test::Bytes bytes = nmistorm::test::clean_image();
    return bytes;
}

}  // namespace

// This program has these in the place of the library that nmistorm_embed_images() makes.
extern "C" const char nmistorm_default_build[] = "gcc-O2";
extern "C" const Entry nmistorm_images[] = {
    {"guest_x86_64_none", image().data(), image().size()},
    {"guest_x86_64_leak", image().data(), image().size()},
    {"builds/clang-O0/guest_x86_64_none", image().data(), image().size()},
    {"builds/clang-O0/guest_x86_64_leak", image().data(), image().size()},
    {"builds/gcc-O3-lto/guest_x86_64_none", image().data(), image().size()},
    {nullptr, nullptr, 0}};

namespace nmistorm::image {
namespace {

using testing::ElementsAre;

std::string name_of(const std::string& image, const std::optional<std::string>& build) {
    return embedded(image, build).name();
}

std::string complaint(const std::string& image, const std::optional<std::string>& build) {
    try {
        embedded(image, build);
    } catch (const HostCannot& error) {
        return error.what();
    }
    return "there is one";
}

TEST(Embedded, builds_are_the_default_one_and_those_that_were_asked_for) {
    EXPECT_EQ(default_build(), "gcc-O2");
    EXPECT_THAT(builds(), ElementsAre("gcc-O2", "clang-O0", "gcc-O3-lto"));
}

TEST(Embedded, image_is_of_the_default_build_unless_another_is_named) {
    EXPECT_EQ(name_of("guest_x86_64_leak", std::nullopt), "guest_x86_64_leak");
    EXPECT_EQ(name_of("guest_x86_64_leak", "gcc-O2"), "guest_x86_64_leak");
    EXPECT_EQ(name_of("guest_x86_64_leak", "clang-O0"), "builds/clang-O0/guest_x86_64_leak");
    EXPECT_EQ(name_of("guest_x86_64_none", "gcc-O3-lto"), "builds/gcc-O3-lto/guest_x86_64_none");
}

TEST(Embedded, image_of_a_build_that_is_not_there_is_refused_with_those_that_are_and_how_to_get_it) {
    const std::string says =
        "this nmistorm has no guest built by clang-O3, only by gcc-O2, clang-O0, gcc-O3-lto: build an "
        "nmistorm that "
        "has one, with 'scripts/build guests -DNMISTORM_GUEST_BUILDS=clang-O3 nmistorm'";
    EXPECT_EQ(complaint("guest_x86_64_none", "clang-O3"), says);
    EXPECT_THROW(require_build("clang-O3"), HostCannot);
    EXPECT_NO_THROW(require_build("clang-O0"));
    EXPECT_NO_THROW(require_build("gcc-O2"));
}

TEST(Embedded, image_that_is_not_there_is_refused) {
    const std::string says =
        "this nmistorm was built without the image guest_i386_none: use --arch x86_64, or --guest with one "
        "of your own";
    EXPECT_EQ(complaint("guest_i386_none", std::nullopt), says);
    EXPECT_EQ(complaint("guest_i386_none", "clang-O0"), says);
}

}  // namespace
}  // namespace nmistorm::image
