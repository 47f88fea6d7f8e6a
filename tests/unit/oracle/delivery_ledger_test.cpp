// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/delivery_ledger.h"

#include <gtest/gtest.h>

namespace nmistorm::oracle {
namespace {

/// The guest has counted so many entries and is handling none.
NmiCounts at_rest(std::uint32_t entries) {
    return {.entries = entries, .exits = entries};
}
/// The guest is handling its last entry.
NmiCounts inside(std::uint32_t entries) {
    return {.entries = entries, .exits = entries - 1};
}

TEST(DeliveryLedger, expects_in_lockstep_exactly_what_was_queued) {
    DeliveryLedger ledger;
    ledger.begin(at_rest(10));
    for (std::uint32_t entries = 10; entries < 20; ++entries) {
        ledger.batch(at_rest(entries), 1);
    }
    ledger.settle(at_rest(20));
    EXPECT_EQ(ledger.entries(), 10U);
    EXPECT_EQ(ledger.at_least(), 10U);
    EXPECT_EQ(ledger.at_most(), 10U);
    EXPECT_EQ(ledger.surplus(), 0U);
}

/// After one batch with nothing outstanding before it.
struct Bounds {
    NmiCounts now;
    std::uint32_t nmis;
    std::uint64_t at_least, at_most;
};

TEST(DeliveryLedger, allows_two_of_a_burst_and_one_while_the_guest_handles_an_nmi) {
    for (const Bounds& row : {
             Bounds{at_rest(5), 0, 0, 0},
             Bounds{at_rest(5), 1, 1, 1},
             Bounds{at_rest(5), 2, 1, 2},
             Bounds{at_rest(5), 3, 1, 2},
             Bounds{at_rest(5), 8, 1, 2},
             Bounds{at_rest(5), UINT32_MAX, 1, 2},
             Bounds{inside(5), 0, 0, 0},
             Bounds{inside(5), 1, 1, 1},
             Bounds{inside(5), 2, 1, 1},
             Bounds{inside(5), 8, 1, 1},
         }) {
        DeliveryLedger ledger;
        ledger.begin(at_rest(5));
        ledger.batch(row.now, row.nmis);
        EXPECT_EQ(ledger.at_least(), row.at_least) << row.nmis;
        EXPECT_EQ(ledger.at_most(), row.at_most) << row.nmis;
    }
}

TEST(DeliveryLedger, notices_a_kvm_that_doubles_one_nmi_of_a_burst) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 8);
    ledger.settle(at_rest(2));
    EXPECT_EQ(ledger.surplus(), 0U);
    ledger.settle(at_rest(3));
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, notices_a_kvm_that_doubles_one_nmi_of_a_burst_that_finds_nmis_masked) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 1);
    ledger.batch(inside(1), 8);
    ledger.settle(at_rest(2));
    EXPECT_EQ(ledger.surplus(), 0U);
    ledger.settle(at_rest(3));
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, knows_that_one_waits_at_most_once_one_of_two_is_being_handled) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 8);
    ledger.batch(inside(1), 8);
    EXPECT_EQ(ledger.at_least(), 2U);
    EXPECT_EQ(ledger.at_most(), 2U);
}

TEST(DeliveryLedger, allows_two_again_where_one_of_two_may_be_delivered_and_not_counted_yet) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 8);
    ledger.batch(at_rest(1), 8);
    EXPECT_EQ(ledger.at_least(), 2U);
    EXPECT_EQ(ledger.at_most(), 3U);
}

TEST(DeliveryLedger, merges_what_was_queued_before_the_guest_went_on) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 8);
    ledger.batch(at_rest(0), 8);
    EXPECT_EQ(ledger.at_least(), 1U);
    EXPECT_EQ(ledger.at_most(), 2U);
}

/// One batch from another thread with nothing outstanding before it, by the counts before and after.
TEST(DeliveryLedger, takes_that_a_guest_which_runs_may_have_begun_with_what_is_queued) {
    struct Row {
        NmiCounts before, after;
        std::uint32_t nmis;
        std::uint64_t at_least, at_most;
    };
    for (const Row& row : {
             Row{at_rest(5), at_rest(5), 1, 1, 1},
             Row{at_rest(5), at_rest(5), 3, 1, 3},
             Row{at_rest(5), at_rest(5), 9, 1, 4},  // two may be delivered, and not counted yet
             Row{inside(5), inside(5), 9, 1, 4},
             Row{at_rest(5), inside(6), 1, 1, 1},
             Row{at_rest(5), inside(6), 3, 1, 3},
             Row{at_rest(5), at_rest(8), 3, 3, 3},
         }) {
        DeliveryLedger ledger;
        ledger.begin(at_rest(5));
        ledger.batch_while_running(row.before, row.after, row.nmis);
        EXPECT_EQ(ledger.at_least(), row.at_least);
        EXPECT_EQ(ledger.at_most(), row.at_most);
        EXPECT_EQ(ledger.surplus(), 0U);
    }
}

TEST(DeliveryLedger, expects_what_is_under_way_on_top_of_what_may_wait) {
    DeliveryLedger ledger;
    ledger.begin(at_rest(5));
    ledger.batch_while_running(at_rest(5), at_rest(5), 9, 3);
    EXPECT_EQ(ledger.at_most(), 7U);
    ledger.batch_while_running(at_rest(5), at_rest(5), 0, 0);
    EXPECT_EQ(ledger.at_most(), 4U) << "the three have come to KVM and were merged";
}

TEST(DeliveryLedger, notices_one_too_many_that_began_while_others_were_queued) {
    DeliveryLedger ledger;
    ledger.begin(at_rest(5));
    ledger.batch_while_running(at_rest(5), at_rest(8), 2);
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, notices_an_nmi_that_nobody_asked_for) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 1);
    ledger.settle(at_rest(2));
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, notices_a_surplus_even_if_later_batches_would_cover_it) {
    DeliveryLedger ledger;
    ledger.batch(at_rest(0), 1);
    ledger.batch(at_rest(2), 1);
    ledger.settle(at_rest(2));
    EXPECT_EQ(ledger.surplus(), 1U);
}

TEST(DeliveryLedger, does_not_hold_a_count_that_goes_down_against_kvm) {
    DeliveryLedger ledger;
    ledger.begin(at_rest(10));
    ledger.settle(at_rest(9));
    EXPECT_EQ(ledger.entries(), 0U);
    EXPECT_EQ(ledger.surplus(), 0U);
    ledger.batch(at_rest(9), 1);
    ledger.settle(at_rest(10));
    EXPECT_EQ(ledger.entries(), 1U);
    EXPECT_EQ(ledger.surplus(), 0U);
}

TEST(DeliveryLedger, takes_the_guests_counters_for_what_they_are_where_they_wrap) {
    DeliveryLedger ledger;
    ledger.begin(at_rest(UINT32_MAX));
    ledger.batch(at_rest(UINT32_MAX), 1);
    ledger.batch(inside(0), 8);
    ledger.settle(at_rest(1));
    EXPECT_EQ(ledger.entries(), 2U);
    EXPECT_EQ(ledger.at_most(), 2U);
    EXPECT_EQ(ledger.surplus(), 0U);
}

}  // namespace
}  // namespace nmistorm::oracle
