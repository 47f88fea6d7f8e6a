// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace nmistorm {
namespace {

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

int open_null() {
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(Fd, closes_what_it_owns) {
    const int number = open_null();
    {
        const Fd fd(number);
        EXPECT_TRUE(fd);
        EXPECT_EQ(fd.get(), number);
    }
    EXPECT_FALSE(is_open(number));
}

TEST(Fd, owns_nothing_unless_it_is_given_something) {
    EXPECT_FALSE(Fd());
    EXPECT_FALSE(Fd(-1)) << "as open() fails";
}

TEST(Fd, that_is_moved_from_leaves_the_file_open) {
    const int number = open_null();
    Fd to;
    {
        Fd from(number);
        to = Fd(std::move(from));
    }
    EXPECT_TRUE(is_open(number));
    EXPECT_EQ(to.get(), number);
}

TEST(Fd, closes_what_it_had_when_it_is_given_another) {
    const int first = open_null();
    Fd fd(first);
    fd = Fd(open_null());
    EXPECT_FALSE(is_open(first));
    EXPECT_TRUE(is_open(fd.get()));
}

}  // namespace
}  // namespace nmistorm
