// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/delivery_ledger.h"

#include <algorithm>
#include <utility>

namespace nmistorm::oracle {
void DeliveryLedger::begin(NmiCounts now) {
    *this = DeliveryLedger(limits_);
    last_ = now.entries;
}

void DeliveryLedger::count(NmiCounts now) {
    // The guest lowered a count; KVM cannot.
    const auto change = static_cast<std::int32_t>(now.entries - std::exchange(last_, now.entries));
    const auto entered = static_cast<std::uint64_t>(std::max(change, 0));
    entries_ += entered;
    if (entered > most_outstanding_) {
        surplus_ += entered - most_outstanding_;
    }
    most_outstanding_ -= std::min(entered, most_outstanding_);
    least_outstanding_ -= std::min(entered, least_outstanding_);
}

void DeliveryLedger::batch(NmiCounts now, std::uint32_t nmis) {
    count(now);
    most_outstanding_ =
        std::min(most_outstanding_ + nmis, now.entries == now.exits ? limits_.outside : limits_.inside);
    if (nmis > 0) {
        least_outstanding_ = std::max<std::uint64_t>(least_outstanding_, 1);
    }
}

void DeliveryLedger::batch_while_running(NmiCounts before, NmiCounts after, std::uint32_t nmis,
                                         std::uint32_t under_way) {
    count(before);
    most_outstanding_ += nmis;
    if (nmis > 0) {
        least_outstanding_ = std::max<std::uint64_t>(least_outstanding_, 1);
    }
    count(after);
    most_outstanding_ = std::min(most_outstanding_, limits_.outside + 2 + under_way);
}

}  // namespace nmistorm::oracle
