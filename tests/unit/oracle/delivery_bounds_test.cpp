// SPDX-License-Identifier: GPL-2.0-or-later
// The ledger compared with every state that a correct KVM can be in.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "oracle/delivery_ledger.h"
#include "process_nmi.h"

namespace nmistorm::oracle {
namespace {

using Guest = NmiModel::Guest;
using States = std::set<NmiModel>;

class Bounds : public testing::TestWithParam<NmiModel::Below> {
  protected:
    /// No NMI is outstanding; whether IRET comes next cannot be observed.
    static NmiModel before_iret() {
        NmiModel model;
        model.masked = true;
        model.guest = Guest::before_iret;
        return model;
    }

    /// What can be observed of a vCPU outside the guest since the previous observation.
    struct Seen {
        unsigned entered;
        bool handling;
        auto operator<=>(const Seen&) const = default;
    };

    /// Every state that can follow @p before and agrees with the observation.
    [[nodiscard]] std::map<Seen, States> run(const States& before) const {
        std::map<Seen, States> reached;
        std::vector<std::pair<unsigned, NmiModel>> todo;
        for (const NmiModel& state : before) {
            todo.emplace_back(0, state);
        }
        while (!todo.empty()) {
            const auto [entered, state] = todo.back();
            todo.pop_back();
            const Seen seen{entered, state.guest == Guest::handling};
            if (!reached[seen].insert(state).second) {
                continue;
            }
            for (const NmiModel& next : state.next(GetParam())) {
                const bool counted = state.guest == Guest::before_entries && next.guest == Guest::handling;
                todo.emplace_back(entered + (counted ? 1 : 0), next);
            }
        }
        return reached;
    }

    /// Follows every run in which batches of up to three NMIs are queued, from a vCPU with none outstanding.
    /// Each pair of a KVM state and the ledger's state is passed to @p check and followed once, so the loop
    /// ends.
    template <typename Check>
    void follow_all(Check check) const {
        struct Pair {
            States states;
            DeliveryLedger ledger;
            NmiCounts counts;
        };
        std::set<std::tuple<States, std::uint64_t, std::uint64_t>> known;
        std::vector<Pair> todo{{{before_iret()}, {}, {}}};
        while (!todo.empty()) {
            const Pair pair = todo.back();
            todo.pop_back();
            for (const auto& [seen, states] : run(pair.states)) {
                const std::uint32_t entries = pair.counts.entries + seen.entered;
                const NmiCounts counts{entries, entries - (seen.handling ? 1 : 0)};
                for (unsigned nmis = 0; nmis <= 3; ++nmis) {
                    Pair next{{}, pair.ledger, counts};
                    next.ledger.batch(counts, nmis);
                    for (NmiModel state : states) {
                        state.queue(nmis);
                        next.states.insert(state);
                    }
                    const std::uint64_t least = next.ledger.at_least() - next.ledger.entries();
                    const std::uint64_t most = next.ledger.at_most() - next.ledger.entries();
                    if (known.emplace(next.states, least, most).second) {
                        check(next.states, next.ledger, counts);
                        ASSERT_FALSE(HasFailure());
                        todo.push_back(next);
                    }
                }
            }
        }
        EXPECT_GT(known.size(), 20U) << "followed next to nothing";
    }
};

TEST_P(Bounds, are_those_of_the_states_that_kvm_can_be_in) {
    follow_all([](const States& states, DeliveryLedger ledger, NmiCounts counts) {
        unsigned least = UINT32_MAX;
        unsigned most = 0;
        for (const NmiModel& state : states) {
            least = std::min(least, state.outstanding(GetParam()));
            most = std::max(most, state.outstanding(GetParam()));
        }
        EXPECT_EQ(ledger.at_least(), ledger.entries() + least);
        EXPECT_EQ(ledger.at_most(), ledger.entries() + most);
        EXPECT_EQ(ledger.surplus(), 0U);
        counts.entries += most + 1;  // a KVM that delivered one NMI twice
        ledger.settle(counts);
        EXPECT_EQ(ledger.surplus(), 1U);
    });
}

std::string name_of(const testing::TestParamInfo<NmiModel::Below>& info) {
    switch (info.param) {
        case NmiModel::Below::vmx:
            return "on_vmx";
        case NmiModel::Below::svm:
            return "on_svm";
        case NmiModel::Below::svm_with_vnmi:
            break;
    }
    return "on_svm_with_vnmi";
}

INSTANTIATE_TEST_SUITE_P(OfDelivery, Bounds,
                         testing::Values(NmiModel::Below::vmx, NmiModel::Below::svm,
                                         NmiModel::Below::svm_with_vnmi),
                         name_of);

}  // namespace
}  // namespace nmistorm::oracle
