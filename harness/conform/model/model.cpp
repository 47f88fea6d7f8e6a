// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/model/model.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "conform/model/choices.h"

namespace nmistorm::conform::model {
namespace {

constexpr unsigned most_steps = 4000;  // 255 NMIs take some 1,300
constexpr std::size_t most_steps_of_all = 300'000;

/// One vCPU as the manuals describe it, with what KVM's API shows of it.
class Cpu {
  public:
    Cpu(const Scenario& scenario, const Switches& switches, Choices& choices)
        : scenario_(scenario),
          switches_(switches),
          choices_(choices),
          tf_(scenario.start.tf),
          iff_(scenario.start.iff),
          shadow_(scenario.start.shadow_sti || scenario.start.shadow_ss),
          waiting_(scenario.start.waiting),
          untouched_(scenario.start.untouched != Untouched::none),
          stack_(scenario.start.frames.rbegin(), scenario.start.frames.rend()) {
        masked_ = scenario.start.masked && !broken(Clause::mask_set);
    }

    /// Adds the steps that it takes to @p all_steps.
    Trace run(std::size_t& all_steps) {
        act();
        for (unsigned steps = 0; !over_; ++steps, ++all_steps) {
            if (steps == most_steps) {
                seen(Event::Kind::stuck);
                break;
            }
            step();
        }
        return trace_;
    }

  private:
    bool broken(Clause clause) {
        if (!switches_.may_break(clause)) {
            return false;
        }
        return !switches_.may_keep(clause) || choices_.pick(2) == 1;
    }
    /// What the architecture leaves open.
    bool perhaps() { return choices_.pick(2) == 1; }

    // --- what the host does

    void act() {
        if (next_action_ == scenario_.actions.size()) {
            return;
        }
        const Action& action = scenario_.actions[next_action_++];
        if (action.nmis != 0) {
            make_pending(action);
        }
        if (action.start && waiting_) {
            waiting_ = false;
            pending_ = pending_ != 0 && perhaps() ? 0 : pending_;
        }
        if (action.between != Between::none) {
            save_and_restore(action.between);
        }
    }

    void make_pending(const Action& action) {
        const bool sets = action.by == By::events;
        if (sets && broken(Clause::set_bounded)) {
            pending_ = action.nmis;
            unbounded_ = true;
            return;
        }
        const unsigned most =
            masked_ ? (broken(Clause::one_latched) ? 2 : 1) : (broken(Clause::two_wait) ? 1 : 2);
        pending_ = std::min((sets ? 0 : pending_) + action.nmis, most);
    }

    unsigned told() { return broken(Clause::pending_told) ? std::min(pending_, 1U) : pending_; }

    void save_and_restore(Between between) {
        if (std::exchange(unbounded_, false)) {  // KVM looks at how many there may be before it tells
            pending_ = std::min(pending_, masked_ ? 1U : 2U);
        }
        const unsigned told = this->told();
        const bool masked = masked_ && !broken(Clause::mask_told);
        const bool shadow = shadow_ && !broken(Clause::shadow_told);
        trace_.push_back({.kind = Event::Kind::look, .pending = told, .masked = masked, .shadow = shadow});
        if (between != Between::look) {
            pending_ = told;
            masked_ = masked;
            shadow_ = shadow;
        }
    }

    // --- what the vCPU does

    void step() {
        if (waiting_ && !(pending_ != 0 && broken(Clause::init_waits))) {
            sleep();
            return;
        }
        waiting_ = false;
        if (halted_) {
            wake_or_sleep();
            return;
        }
        if (trap_ && !nmi_first()) {
            deliver_trap();
        } else if (due() && !held_back()) {
            deliver_nmi(at_);
        } else {
            execute();
        }
    }

    [[nodiscard]] bool due() const { return pending_ != 0 && !masked_; }

    /// At a boundary with a debug trap.
    bool nmi_first() {
        if (!due()) {
            return false;
        }
        if (broken(Clause::trap_kept)) {
            trap_ = false;
            return true;
        }
        if (broken(Clause::trap_first)) {
            deliver_nmi(at_);
            return false;  // the trap is taken in the handler
        }
        return false;
    }

    /// An NMI that is due waits for at least one more instruction.
    bool held_back() {
        if (shadow_ && !held_by_shadow_) {
            held_by_shadow_ = perhaps();
            return held_by_shadow_;
        }
        if (held_by_shadow_ && shadow_) {
            return perhaps();  // of one MOV to SS behind another
        }
        if (held_by_shadow_ && !held_twice_ && broken(Clause::shadow_ends)) {
            held_twice_ = true;
            return true;
        }
        if (after_fault_) {
            return perhaps();
        }
        if (after_iret_ && broken(Clause::after_iret)) {
            return true;
        }
        if (!switches_.may_break(Clause::prompt)) {
            return false;
        }
        // Once held back it may come whenever it likes.
        const bool held = !late_ && !switches_.may_keep(Clause::prompt) ? true : perhaps();
        late_ = late_ || held;
        return held;
    }

    void enter(Block block, const Frame& frame) {
        stack_.push_back(frame);
        at_ = {block, 0};
        tf_ = false;
        iff_ = false;
        shadow_ = false;
        after_iret_ = false;
    }

    void deliver_trap() {
        trap_ = false;
        bs_ = !broken(Clause::debug_status);
        enter(Block::debug, {at_, tf_, iff_});
    }

    void deliver_nmi(Position from) {
        --pending_;
        const bool faults = std::exchange(untouched_, false);
        late_ = false;
        after_fault_ = false;
        const bool behind_shadow = std::exchange(held_by_shadow_, false);
        held_twice_ = false;
        if (broken(Clause::comes) || (faults && broken(Clause::delivery_faults))) {
            return;
        }
        const bool trap_flag = tf_;
        enter(Block::nmi, {from, tf_ || (behind_shadow && broken(Clause::frame_flags)), iff_});
        tf_ = trap_flag && broken(Clause::tf_cleared);
        masked_ = !broken(Clause::masks);
    }

    void wake_or_sleep() {
        const Position hlt{at_.block, at_.index - 1};
        if (due() && !broken(Clause::hlt_wakes)) {
            halted_ = false;
            deliver_nmi(broken(Clause::hlt_frame) ? hlt : at_);
        } else if (pending_ != 0 && masked_ && broken(Clause::hlt_sleeps)) {
            halted_ = false;
        } else {
            sleep();
        }
    }

    void sleep() {
        tell_flags();
        seen(Event::Kind::asleep);
        over_ = next_action_ == scenario_.actions.size();
        act();
    }

    void execute() {
        const std::vector<Op>& code = ops(scenario_, at_.block);
        if (at_.index >= code.size()) {
            throw Error("a scenario's code has no end");
        }
        const Op op = code[at_.index];
        const bool traps = tf_;
        const bool stepped = due() && held_by_shadow_;
        const Position here = at_;
        ++at_.index;
        shadow_ = op == Op::mov_ss;
        after_iret_ = false;
        switch (op) {
            case Op::nop:
            case Op::mov_ss:
                break;
            case Op::pop_flags:  // from now on the host can see them
                flags_.insert(flags_.end(), pushed_.begin(), pushed_.end());
                pushed_.clear();
                break;
            case Op::pushf:
                pushed_.push_back({.kind = Event::Kind::flags,
                                   .at = here,
                                   .tf = tf_ || (stepped && broken(Clause::own_flags)),
                                   .iff = iff_});
                break;
            case Op::hlt:
                halted_ = true;
                break;
            case Op::iret:
                return_from(here, traps);
                return;
            case Op::self_nmi:
                make_pending({.nmis = 1});
                break;
            case Op::stop:
                tell_flags();
                act();
                break;
            case Op::end:
                tell_flags();
                trace_.push_back({.kind = Event::Kind::end, .pending = told(), .masked = masked_});
                over_ = true;
                break;
            case Op::record:
                record(here.block);
                break;
            case Op::clear_tf:
                top().tf = false;
                break;
        }
        trap_ = traps && op != Op::mov_ss;  // whose shadow holds debug traps back (SDM 3A 6.8.3)
    }

    void return_from(Position iret, bool traps) {
        const Frame frame = top();
        if (frame.bad) {
            const bool trap_flag = tf_ || (pending_ != 0 && broken(Clause::fault_flags));
            masked_ = masked_ && !perhaps();
            after_fault_ = true;
            enter(Block::fault, {iret, trap_flag, iff_});
            return;
        }
        stack_.pop_back();
        const bool to_itself = frame.at == iret && broken(Clause::iret_to_itself);
        masked_ = masked_ && (to_itself || broken(Clause::iret_unmasks));
        at_ = frame.at;
        tf_ = frame.tf && !(due() && broken(Clause::tf_restored));
        iff_ = frame.iff;
        trap_ = traps;
        after_iret_ = true;
    }

    Frame& top() {
        if (stack_.empty()) {
            throw Error("a scenario's code takes a frame that is not there");
        }
        return stack_.back();
    }

    // --- what is seen of it

    void seen(Event::Kind kind) { trace_.push_back({.kind = kind}); }

    void record(Block handler) {
        const Event::Kind kind = handler == Block::nmi     ? Event::Kind::nmi
                                 : handler == Block::debug ? Event::Kind::debug
                                                           : Event::Kind::fault;
        trace_.push_back({.kind = kind, .at = top().at, .tf = top().tf, .iff = top().iff, .bs = bs_});
    }

    void tell_flags() {
        trace_.insert(trace_.end(), flags_.begin(), flags_.end());
        flags_.clear();
    }

    const Scenario& scenario_;
    const Switches& switches_;
    Choices& choices_;

    Position at_ = {};
    bool tf_;
    bool iff_;
    bool shadow_;        ///< the boundary at `at_` is in an interrupt shadow
    bool trap_ = false;  ///< a debug trap is due
    bool bs_ = false;    ///< DR6.BS, which only software clears
    bool halted_ = false;
    bool waiting_;
    bool untouched_;
    bool masked_ = false;
    unsigned pending_ = 0;
    std::vector<Frame> stack_;  ///< the last one on top

    bool unbounded_ = false;       ///< more may be pending than there can be
    bool after_fault_ = false;     ///< of an IRET, and no NMI came since
    bool after_iret_ = false;      ///< nothing ran since
    bool held_by_shadow_ = false;  ///< the NMI that is due was
    bool held_twice_ = false;
    bool late_ = false;  ///< it was held back for no reason

    std::size_t next_action_ = 0;
    bool over_ = false;
    Trace pushed_;  ///< what PUSHF pushed and no POP took
    Trace flags_;   ///< what both did since the last stop
    Trace trace_;
};

}  // namespace

std::set<Trace> permitted(const Scenario& scenario, const Switches& switches) {
    std::set<Trace> traces;
    Choices choices;
    std::size_t steps = 0;
    do {
        traces.insert(Cpu(scenario, switches, choices).run(steps));
        if (steps > most_steps_of_all) {
            throw Error("a scenario permits too much to be a test");
        }
    } while (choices.next());
    return traces;
}

}  // namespace nmistorm::conform::model
