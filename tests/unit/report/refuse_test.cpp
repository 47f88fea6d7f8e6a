// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/refuse.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "base/error.h"

namespace nmistorm::report {
namespace {

TEST(Refusal, is_of_the_command_line_where_the_path_is_wrong) {
    for (const int wrong : {ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP, EINVAL}) {
        EXPECT_THROW(refuse("cannot write 'a'", wrong, "name another"), UsageError) << wrong;
    }
}

TEST(Refusal, is_of_the_host_where_the_path_is_right) {
    for (const int refused : {EROFS, EACCES, EPERM, ENOSPC, EDQUOT, EIO, ENFILE, EMFILE}) {
        try {
            refuse("cannot write 'a'", refused, "name another");
        } catch (const UsageError& error) {
            ADD_FAILURE() << error.what();
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), testing::StartsWith("cannot write 'a': "));
        }
    }
}

TEST(Refusal, says_what_cannot_be_why_and_what_to_do) {
    try {
        refuse("cannot write 'a'", EROFS, "name another");
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "cannot write 'a': Read-only file system; name another");
    }
}

}  // namespace
}  // namespace nmistorm::report
