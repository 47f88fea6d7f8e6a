// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/delivery_ledger.h"

#include <algorithm>
#include <utility>

namespace nmistorm::oracle {
namespace {

constexpr std::uint64_t limit = 2;
constexpr std::uint64_t limit_inside_handler = 1;

}  // namespace

void DeliveryLedger::begin(NmiCounts now) {
    *this = {};
    last_ = now.entries;
}

void DeliveryLedger::batch(NmiCounts now, std::uint32_t nmis) {
    // The guest lowered a count; KVM cannot.
    const auto change = static_cast<std::int32_t>(now.entries - std::exchange(last_, now.entries));
    const auto entered = static_cast<std::uint64_t>(std::max(change, 0));
    entries_ += entered;
    if (entered > most_outstanding_) {
        surplus_ += entered - most_outstanding_;
    }
    most_outstanding_ -= std::min(entered, most_outstanding_);
    least_outstanding_ -= std::min(entered, least_outstanding_);
    most_outstanding_ =
        std::min(most_outstanding_ + nmis, now.entries == now.exits ? limit : limit_inside_handler);
    if (nmis > 0) {
        least_outstanding_ = std::max<std::uint64_t>(least_outstanding_, 1);
    }
}

}  // namespace nmistorm::oracle
