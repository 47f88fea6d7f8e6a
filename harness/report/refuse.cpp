// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/refuse.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace nmistorm::report {
namespace {

constexpr int host_refuses[] = {EACCES, EPERM, EROFS, ENOSPC, EDQUOT, EIO, ENFILE};

}  // namespace

void refuse(const std::string& what, int error_number, const char* advice) {
    if (error_number == EMFILE) {
        throw_errno(what, error_number);  // no other file would help
    }
    const std::string text =
        fmt::format("{}: {}; {}", what, std::generic_category().message(error_number), advice);
    if (std::ranges::find(host_refuses, error_number) != std::end(host_refuses)) {
        throw Error(text);
    }
    throw UsageError(text);
}

}  // namespace nmistorm::report
