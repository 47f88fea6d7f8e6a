// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace nmistorm {

/// The harness itself failed: exit code 3. A guest's bug is a finding, never an Error.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The command line or an input file is wrong: exit code 2. The text says what to do instead.
class UsageError : public Error {
  public:
    using Error::Error;
};

/// This host lacks what was asked for: exit code 77. The text says what is missing and how to get it.
class HostCannot : public Error {
  public:
    using Error::Error;
};

/// An Error whose text ends in the message of @p error_number (an errno value).
[[noreturn]] void throw_errno(const std::string& what, int error_number);

}  // namespace nmistorm
