// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/address.h"
#include "base/error.h"
#include "image/image.h"

namespace nmistorm::guests {

/// The guest did something that the explorer cannot undo. Continuing would give results about states that the
/// guest was never in. The message is one sentence with an address in it, for which an image may have a
/// symbol.
class CannotExplore : public Error {
  public:
    CannotExplore(std::string before, GuestVirt at, std::string after)
        : Error(fmt::format("{}{:#x}{}", before, at.value, after)),
          before_(std::move(before)),
          at_(at),
          after_(std::move(after)) {}

    [[nodiscard]] std::string text(const image::Image& image) const {
        const std::string address = fmt::format("{:#x}", at_.value);
        const std::string described = image.describe(at_);
        return before_ + (described == address ? address : fmt::format("{} ({})", address, described)) +
               after_;
    }

  private:
    std::string before_;
    GuestVirt at_;
    std::string after_;
};

}  // namespace nmistorm::guests
