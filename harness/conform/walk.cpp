// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/walk.h"

#include <algorithm>
#include <random>

namespace nmistorm::conform {
namespace {

using model::Between;
using model::By;
using model::Op;

/// The standard says what mt19937_64 gives, but not what its distributions make of it.
class Dice {
  public:
    explicit Dice(std::uint32_t seed) : random_(seed) {}
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool one_in(unsigned n) { return below(n) == 0; }

  private:
    std::mt19937_64 random_;
};

model::Action action(Dice& dice, bool apic) {
    model::Action action;
    action.nmis = dice.below(4);
    action.by = static_cast<By>(dice.below(apic ? 3 : 2));
    action.between = dice.one_in(3) ? static_cast<Between>(1 + dice.below(3)) : Between::none;
    return action;
}

}  // namespace

model::Scenario random_walk(std::uint32_t number, bool apic) {
    constexpr unsigned most_ops = 10;
    Dice dice(number);
    model::Scenario made;
    // A trap flag goes with what a debug trap's rules are simple for: not with IRET, behind which manuals
    // differ.
    made.start.tf = dice.one_in(5);
    made.start.masked = !made.start.tf && dice.one_in(3);
    made.start.iff = !dice.one_in(4);
    made.start.shadow_ss = !made.start.tf && dice.one_in(5);
    made.start.shadow_sti = !made.start.shadow_ss && !made.start.tf && made.start.iff && dice.one_in(5);
    const unsigned ops = 2 + dice.below(most_ops - 2);
    while (made.body.size() < ops) {
        switch (dice.below(made.start.tf ? 3 : 8)) {
            case 0:
                made.body.push_back(Op::nop);
                break;
            case 1:
                made.body.push_back(Op::pushf);
                made.body.push_back(Op::pop_flags);
                break;
            case 2:
                if (apic) {
                    made.body.push_back(Op::self_nmi);
                }
                break;
            case 3:
                if (made.start.masked || dice.one_in(3)) {
                    made.body.push_back(Op::iret);
                }
                break;
            case 4:
            case 5:
                made.body.push_back(Op::stop);
                break;
            case 6:
                made.body.push_back(Op::mov_ss);
                break;
            default:
                if (dice.one_in(3)) {
                    made.body.push_back(Op::hlt);
                }
        }
    }
    made.body.push_back(Op::end);
    made.nmi = {Op::record, Op::iret};
    if (!made.start.tf && dice.one_in(2)) {
        made.nmi.insert(made.nmi.begin() + 1, Op::stop);
    }
    for (std::size_t i = 0; i < made.body.size(); ++i) {
        if (made.body[i] == Op::iret) {
            made.start.frames.push_back({.at = {model::Block::body, i + 1}, .iff = !dice.one_in(4)});
        }
    }
    const unsigned actions = 1 + dice.below(4);
    for (unsigned i = 0; i < actions; ++i) {
        made.actions.push_back(action(dice, apic));
    }
    return made;
}

}  // namespace nmistorm::conform
