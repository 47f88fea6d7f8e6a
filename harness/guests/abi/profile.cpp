// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/profile.h"

namespace nmistorm::guests {

void Profile::add(std::span<const std::uint32_t> samples) {
    for (const std::uint32_t ip : samples) {
        const bool known = hits_.contains(ip) || hits_.size() < instructions_max;
        ++hits_[known ? ip : 0];
    }
}

}  // namespace nmistorm::guests
