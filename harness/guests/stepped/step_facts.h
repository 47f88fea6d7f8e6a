// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <nmistorm/abi/cpu_page.h>
#include <nmistorm/abi/event.h>

#include "oracle/judge.h"

namespace nmistorm::guests {

/// Who acts: a CPU, either in an NMI handler or not.
struct Actor {
    unsigned cpu = 0;
    bool in_nmi = false;

    [[nodiscard]] std::uint32_t index() const { return cpu * 2 + (in_nmi ? 1 : 0); }
};

/// The functions whose calls the rules need.
enum class TracedFunction { set_nmi_callback, unset_nmi_callback, synchronize_sched, kmalloc, kfree };

/// The facts about a guest that can be inspected between any two instructions with all vCPUs stopped. It is
/// told what each step did, knows no machine, and has the oracle judge it. It judges nothing after the first
/// broken rule.
///
/// Its state is a value: the search keeps it with the rest of a state, and words() are part of that state's
/// key, since later judgements depend on them.
class StepFacts {
  public:
    static constexpr unsigned max_vcpus = 8;

    /// @p dummy_callback: the address of dummy_nmi_callback, which nmi_callback holds at first. Without it
    /// callbacks are not judged. @p record: all that is judged is kept, too.
    StepFacts(unsigned vcpus, std::optional<std::uint32_t> dummy_callback, bool record = false);

    // The steps of an NMI, in this order.
    void nmi_begins(unsigned cpu);
    /// nmi_callback was read and held @p value. @p count NMIs are counted on @p cpu.
    void loads_callback(unsigned cpu, std::uint32_t value, std::uint32_t count);
    /// The loaded callback is called: the instruction at @p callback runs next.
    void enters_callback(unsigned cpu, std::uint32_t callback);
    void leaves_callback(unsigned cpu);
    /// The IRET.
    void nmi_ends(unsigned cpu, const oracle::fact::NmiReturned& returned);

    /// Code other than an NMI (an RCU-sched reader) disabled or enabled preemption on @p cpu.
    void reader(unsigned cpu, bool begins);

    /// The first instruction of @p function runs next; @p argument is its first argument. @p generation: that
    /// of the data that kfree() is about to free, if it is known.
    void calls(Actor actor, TracedFunction function, std::uint32_t argument,
               std::optional<std::uint32_t> generation = {});
    /// @p function has returned @p value.
    void returns(Actor actor, TracedFunction function, std::uint32_t value);

    /// An instruction accesses memory of the arena.
    void touches(Actor actor, std::uint32_t address, std::uint32_t size, bool written);

    /// A tripwire in the guest was hit (abi::EventKind::trip).
    void trips(Actor actor, std::uint32_t number, std::uint32_t value, std::uint32_t generation);

    /// A vCPU stopped for good.
    void fatal_exit(const oracle::FatalExit& fatal_exit);
    /// All vCPUs are in a deadlock, or those that can run are in a livelock, and the swap is not over.
    void stands_still(unsigned cpu, GuestVirt ip);

    /// The swap is over and no NMI is being handled or pending on @p cpu, which is at @p ip: its @p counters
    /// are checked.
    void at_rest(unsigned cpu, GuestVirt ip, const abi::Counters& counters);
    /// At the same point: each allocated block is either freed or published.
    void at_rest_with_blocks();

    /// The first broken rule.
    [[nodiscard]] std::optional<oracle::Finding> finding() const { return judge_.first(); }
    [[nodiscard]] bool violated() const { return judge_.violated(); }

    /// What the oracle was told; only if it is kept.
    [[nodiscard]] const std::vector<oracle::Record>& records() const { return records_; }

    /// The instruction of what follows.
    void now_at(GuestVirt ip) { ip_ = ip; }

    class Own {
        friend StepFacts;
        std::uint64_t order = 0;    ///< of the next fact
        std::uint32_t current = 0;  ///< the callback that was published last
        std::array<std::uint32_t, std::size_t{max_vcpus} * 2> asked{};     ///< by Actor: kmalloc()'s argument
        std::array<std::uint32_t, std::size_t{max_vcpus} * 2> replaced{};  ///< by Actor: what it is replacing
        std::uint32_t allocating = 0;  ///< a bit for each Actor: in kmalloc() or kfree()
        std::size_t records = 0;       ///< that are kept
    };
    struct State {
        oracle::Judge::State judged;
        Own own;
    };
    [[nodiscard]] State state() const { return {judge_.state(), own_}; }
    void restore(const State& state);

    /// Of a State, on the heap.
    [[nodiscard]] std::size_t state_bytes() const {
        constexpr std::size_t of_rules = 256;  // for each vCPU
        return judge_.state().world.bytes() + judge_.state().world.vcpus() * of_rules;
    }

    /// Passes on everything that later judgements depend on, as words in a fixed order.
    void words(auto add) const {
        add(own_.current);
        add(own_.allocating);
        for (std::size_t i = 0; i < own_.asked.size(); ++i) {
            add(own_.asked[i] | std::uint64_t{own_.replaced[i]} << 32);
        }
        judge_.state().words(add);
    }

  private:
    void take(Actor actor, const oracle::Fact& fact);
    void judge(const oracle::Record& record);
    void keep(const oracle::Record& record);
    void publishes(Actor actor, std::uint32_t callback);

    oracle::Judge judge_;
    bool callbacks_known_;
    std::uint32_t dummy_;
    std::optional<GuestVirt> ip_;
    Own own_;
    bool record_;
    std::vector<oracle::Record> records_;
};

}  // namespace nmistorm::guests
