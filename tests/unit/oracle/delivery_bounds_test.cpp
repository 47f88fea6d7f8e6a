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
        return run({{Seen{0, false}, before}}, [](const NmiModel& state) { return state.next(GetParam()); });
    }

    /// The same of a vCPU that runs while @p nmis are queued, one after the other. KVM may process them later
    /// than the guest goes on.
    [[nodiscard]] std::map<Seen, States> run_and_queue(const States& before, unsigned nmis) const {
        std::map<Seen, States> reached{{Seen{0, false}, before}};
        for (unsigned i = 0; i < nmis; ++i) {
            std::map<Seen, States> queued;
            for (const auto& [seen, states] : reached) {
                for (NmiModel state : states) {
                    state.queue(1);
                    queued[seen].insert(state);
                }
            }
            reached = run(queued, lazily);
        }
        return reached;
    }

    /// The next states of a vCPU that runs, whose guest may go on before KVM processes what is queued.
    static std::vector<NmiModel> lazily(const NmiModel& state) {
        std::vector<NmiModel> all = state.next(GetParam());
        if (state.injected || (state.pending > 0 && !state.masked)) {
            return all;  // KVM enters the guest next, and processes what is queued before that
        }
        NmiModel in_guest = state;
        in_guest.queued = 0;
        for (NmiModel& later : in_guest.next(GetParam())) {
            later.queued = state.queued;
            all.push_back(later);
        }
        return all;
    }

    /// How many NMIs the guest may still count from one of @p states on: the fewest and the most.
    [[nodiscard]] static std::pair<unsigned, unsigned> still_to_come(const States& states) {
        unsigned least = UINT32_MAX;
        unsigned most = 0;
        for (const auto& [seen, later] : run({{Seen{0, false}, states}}, lazily)) {
            for (const NmiModel& state : later) {
                least = std::min(least, seen.entered + state.outstanding(GetParam()));
                most = std::max(most, seen.entered + state.outstanding(GetParam()));
            }
        }
        return {least, most};
    }

    template <typename Next>
    [[nodiscard]] static std::map<Seen, States> run(const std::map<Seen, States>& before, Next steps) {
        std::map<Seen, States> reached;
        std::vector<std::pair<unsigned, NmiModel>> todo;
        for (const auto& [seen, states] : before) {
            for (const NmiModel& state : states) {
                todo.emplace_back(seen.entered, state);
            }
        }
        while (!todo.empty()) {
            const auto [entered, state] = todo.back();
            todo.pop_back();
            const Seen seen{entered, state.guest == Guest::handling};
            if (!reached[seen].insert(state).second) {
                continue;
            }
            for (const NmiModel& next : steps(state)) {
                const bool counted = state.guest == Guest::before_entries && next.guest == Guest::handling;
                todo.emplace_back(entered + (counted ? 1 : 0), next);
            }
        }
        return reached;
    }

    /// A point of a run: the states that KVM can be in there, and what the ledger and the guest have counted.
    struct Point {
        States states;
        DeliveryLedger ledger;
        NmiCounts counts;
        [[nodiscard]] std::uint64_t least() const { return ledger.at_least() - ledger.entries(); }
        [[nodiscard]] std::uint64_t most() const { return ledger.at_most() - ledger.entries(); }
    };

    /// Follows every run from a vCPU with no NMI outstanding. @p go_on passes each point that may come next
    /// to its second argument. A point that is not known yet, by its states and the ledger's, is passed to @p
    /// check and followed once, so the loop ends.
    template <typename GoOn, typename Check>
    void follow_all(GoOn go_on, Check check) const {
        std::set<std::tuple<States, std::uint64_t, std::uint64_t>> known;
        std::vector<Point> todo{{{before_iret()}, DeliveryLedger(), {}}};
        while (!todo.empty() && !HasFailure()) {
            const Point point = todo.back();
            todo.pop_back();
            go_on(point, [&](const Point& next) {
                if (known.emplace(next.states, next.least(), next.most()).second) {
                    check(next);
                    todo.push_back(next);
                }
            });
        }
        EXPECT_GT(known.size(), 20U) << "followed next to nothing";
    }

    /// The guest's counts after so many more entries.
    static NmiCounts after(std::uint32_t entries, const Seen& seen) {
        return {entries + seen.entered, entries + seen.entered - (seen.handling ? 1 : 0)};
    }
};

TEST_P(Bounds, are_those_of_the_states_that_kvm_can_be_in) {
    const auto queue_outside = [this](const Point& point, auto visit) {
        for (const auto& [seen, states] : run(point.states)) {
            const NmiCounts counts = after(point.counts.entries, seen);
            for (unsigned nmis = 0; nmis <= 3; ++nmis) {
                Point next{{}, point.ledger, counts};
                next.ledger.batch(counts, nmis);
                for (NmiModel state : states) {
                    state.queue(nmis);
                    next.states.insert(state);
                }
                visit(next);
            }
        }
    };
    follow_all(queue_outside, [](Point point) {
        unsigned least = UINT32_MAX;
        unsigned most = 0;
        for (const NmiModel& state : point.states) {
            least = std::min(least, state.outstanding(GetParam()));
            most = std::max(most, state.outstanding(GetParam()));
        }
        EXPECT_EQ(point.least(), least);
        EXPECT_EQ(point.most(), most);
        EXPECT_EQ(point.ledger.surplus(), 0U);
        point.counts.entries += most + 1;  // a KVM that delivered one NMI twice
        point.ledger.settle(point.counts);
        EXPECT_EQ(point.ledger.surplus(), 1U);
    });
}

TEST_P(Bounds, hold_for_what_is_queued_while_the_vcpu_runs) {
    const auto queue_while_running = [this](const Point& point, auto visit) {
        for (const auto& [first, states_before] : run({{Seen{0, false}, point.states}}, lazily)) {
            const NmiCounts before = after(point.counts.entries, first);
            for (unsigned nmis = 1; nmis <= 3; ++nmis) {
                for (const auto& [then, states] : run_and_queue(states_before, nmis)) {
                    Point next{states, point.ledger, after(before.entries, then)};
                    next.ledger.batch_while_running(before, next.counts, nmis);
                    visit(next);
                }
            }
        }
    };
    std::uint64_t widest = 0;
    follow_all(queue_while_running, [&](const Point& point) {
        EXPECT_EQ(point.ledger.surplus(), 0U);
        const auto [fewest, worst] = still_to_come(point.states);
        EXPECT_LE(point.least(), fewest);
        EXPECT_GE(point.most(), worst);
        widest = std::max<std::uint64_t>(widest, worst);
    });
    EXPECT_EQ(widest, GetParam() == NmiModel::Below::svm_with_vnmi ? 4U : 3U) << "a smaller bound would do";
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
