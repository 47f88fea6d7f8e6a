// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/delivery_ledger.h"

#include <algorithm>

namespace nmistorm::oracle {
namespace {

constexpr std::uint64_t most_in_kvm = 3;  // one being injected, two pending

}  // namespace

void DeliveryLedger::begin(std::uint32_t entries) {
    *this = {};
    last_ = entries;
}

void DeliveryLedger::batch(std::uint32_t entries, std::uint32_t nmis) {
    const std::uint64_t entered = entries - last_;
    last_ = entries;
    entries_ += entered;
    if (entered > most_outstanding_) {
        surplus_ += entered - most_outstanding_;
    }
    most_outstanding_ -= std::min(entered, most_outstanding_);
    least_outstanding_ -= std::min(entered, least_outstanding_);
    if (nmis > 0) {
        most_outstanding_ = std::min(most_outstanding_ + nmis, most_in_kvm);
        least_outstanding_ = std::max<std::uint64_t>(least_outstanding_, 1);
    }
}

}  // namespace nmistorm::oracle
