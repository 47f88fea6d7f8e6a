// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/profile.h"

namespace nmistorm::drive {

void Profile::add(std::span<const std::uint32_t> samples) {
    for (const std::uint32_t ip : samples) {
        const bool known = hits_.contains(ip) || hits_.size() < instructions_max;
        ++hits_[known ? ip : 0];
    }
    samples_ += samples.size();
}

}  // namespace nmistorm::drive
