// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/delivery_ledger.h"

#include <gtest/gtest.h>

namespace nmistorm::oracle {
namespace {

TEST(DeliveryLedger, expects_in_lockstep_exactly_what_was_queued) {
    DeliveryLedger ledger;
    ledger.begin(10);
    for (std::uint32_t entries = 10; entries < 20; ++entries) {
        ledger.batch(entries, 1);
    }
    ledger.settle(20);
    EXPECT_EQ(ledger.entries(), 10U);
    EXPECT_EQ(ledger.at_least(), 10U);
    EXPECT_EQ(ledger.at_most(), 10U);
    EXPECT_EQ(ledger.surplus(), 0U);
}

TEST(DeliveryLedger, owes_at_least_one_nmi_after_a_batch) {
    DeliveryLedger ledger;
    ledger.batch(0, 5);
    ledger.settle(0);
    EXPECT_EQ(ledger.entries(), 0U);
    EXPECT_EQ(ledger.at_least(), 1U);
    EXPECT_EQ(ledger.at_most(), 3U);
}

TEST(DeliveryLedger, allows_two_pending_and_one_being_injected_and_no_more) {
    DeliveryLedger ledger;
    ledger.batch(0, 8);
    ledger.settle(3);
    EXPECT_EQ(ledger.surplus(), 0U);
    ledger.settle(4);
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, notices_an_nmi_that_nobody_asked_for) {
    DeliveryLedger ledger;
    ledger.batch(0, 1);
    ledger.settle(2);
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, notices_a_surplus_even_if_later_batches_would_cover_it) {
    DeliveryLedger ledger;
    ledger.batch(0, 1);
    ledger.batch(2, 1);
    ledger.settle(2);
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, takes_the_guests_counter_for_what_it_is_where_it_wraps) {
    DeliveryLedger ledger;
    ledger.begin(UINT32_MAX);
    ledger.batch(UINT32_MAX, 1);
    ledger.batch(0, 1);
    ledger.settle(1);
    EXPECT_EQ(ledger.entries(), 2U);
    EXPECT_EQ(ledger.surplus(), 0U);
}

}  // namespace
}  // namespace nmistorm::oracle
