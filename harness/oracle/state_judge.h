// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>

#include <nmistorm/abi/cpu_page.h>
#include <nmistorm/abi/event.h>

#include "oracle/fatal_exit.h"
#include "oracle/finding.h"
#include "oracle/small_list.h"

namespace nmistorm::oracle {

/// Who acts: a CPU, either in an NMI handler or not.
struct Actor {
    unsigned cpu = 0;
    bool in_nmi = false;

    [[nodiscard]] std::uint32_t bit() const { return 1U << (cpu * 2 + (in_nmi ? 1 : 0)); }
};

/// The functions whose calls the rules need.
enum class TracedFunction { set_nmi_callback, unset_nmi_callback, synchronize_sched, kmalloc, kfree };

/// Judges a guest that can be inspected between any two instructions with all vCPUs stopped. It holds the
/// design's rules as rules about states. It is told what each step did and knows no machine. It keeps the
/// first broken rule and judges nothing after it.
///
/// It is a value: the search copies it with the rest of a state, and words() are part of that state's key,
/// since later judgements depend on them.
class StateJudge {
  public:
    static constexpr unsigned max_vcpus = 8;

    StateJudge() = default;
    /// @p dummy_callback: the address of dummy_nmi_callback, which nmi_callback holds at first. Without it
    /// callbacks are not judged.
    StateJudge(unsigned vcpus, std::optional<std::uint32_t> dummy_callback);

    // The steps of an NMI, in this order.
    void nmi_begins(unsigned cpu);
    /// Called before nmi_callback is read: of @p delivered NMIs to this CPU, @p count are counted.
    void has_counted(unsigned cpu, std::uint32_t delivered, std::uint32_t count);
    /// nmi_callback was read and held @p value.
    void loads_callback(unsigned cpu, std::uint32_t value);
    /// The loaded callback is called: the instruction at @p callback runs next.
    void enters_callback(unsigned cpu, std::uint32_t callback);
    void leaves_callback(unsigned cpu);
    /// The IRET. @p changed names the state that differs from before the NMI; empty if none does.
    void nmi_ends(unsigned cpu, const std::string& changed);

    /// Code other than an NMI (an RCU-sched reader) disabled or enabled preemption on @p cpu.
    void reader(unsigned cpu, bool begins);

    /// The first instruction of @p function runs next; @p argument is its first argument.
    void calls(Actor actor, TracedFunction function, std::uint32_t argument);
    /// @p function has returned @p value.
    void returns(Actor actor, TracedFunction function, std::uint32_t value);

    /// The data that is about to be freed has the generation @p generation.
    void frees_generation(unsigned cpu, std::uint32_t generation);

    /// An instruction accesses memory of the arena.
    void touches(Actor actor, std::uint32_t address, std::uint32_t size, bool written);

    /// A tripwire in the guest was hit (abi::EventKind::trip).
    void trips(unsigned cpu, abi::Trip trip, std::uint32_t value, std::uint32_t generation);

    /// A vCPU stopped for good.
    void fatal_exit(const FatalExit& fatal_exit);
    /// All vCPUs are in a deadlock, or those that can run are in a livelock, and the swap is not over.
    void stands_still(unsigned cpu, GuestVirt ip);

    /// The swap is over and no NMI is being handled: checks the sums that must hold then. @p delivered NMIs
    /// were delivered to @p cpu, whose counters are @p counters.
    void at_rest(unsigned cpu, std::uint32_t delivered, const abi::Counters& counters);
    /// At the same point: each allocated block is either freed or published.
    void at_rest_with_blocks();

    [[nodiscard]] const std::optional<Finding>& finding() const { return finding_; }
    /// The address of the next finding, unless the finding has a better one.
    void now_at(GuestVirt ip) { ip_ = ip; }

    /// Passes on everything that later judgements depend on, as words in a fixed order.
    template <typename Add>
    void words(Add add) const;

  private:
    struct Cpu {
        bool in_nmi = false;
        bool loaded = false;                ///< the handler loaded nmi_callback and has not left the callback
        bool inside = false;                ///< the handler is in the callback
        bool reading = false;               ///< in a preempt-disabled section
        std::uint32_t callback = 0;         ///< the value loaded first
        std::uint32_t handler_awaited = 0;  ///< by the grace periods of these actors (Actor::bit)
        std::uint32_t reader_awaited = 0;
    };
    static constexpr unsigned block_words = 128;  ///< words of the payload that are tracked
    struct Block {
        std::uint32_t address = 0;  ///< of the payload
        std::uint32_t size = 0;     ///< bytes
        bool allocated = false;
        std::bitset<block_words> written;  ///< words written since the allocation
    };

    template <typename... Args>
    void broken(Rule rule, unsigned cpu, const char* format, Args... args);
    Block* block_at(std::uint32_t address);
    void grace_period_begins(Actor actor);
    void grace_period_ends(Actor actor);
    void publishes(std::uint32_t callback);
    void allocates(Actor actor, std::uint32_t address, std::uint32_t size);
    void frees(Actor actor, std::uint32_t address);

    unsigned vcpus_ = 0;
    bool callbacks_known_ = false;
    std::uint32_t dummy_ = 0;
    std::array<Cpu, max_vcpus> cpus_{};
    std::uint32_t current_ = 0;              ///< the callback that was published last
    SmallList<std::uint32_t, 16> ever_;      ///< callbacks that were published at any time, ascending
    SmallList<std::uint32_t, 16> loadable_;  ///< callbacks that may still be loaded, ascending
    /// Callbacks that were current at any time since each actor's grace period began.
    std::array<SmallList<std::uint32_t, 4>, max_vcpus * 2> since_begin_{};
    std::uint32_t waiting_ = 0;                         ///< actors in synchronize_sched()
    std::uint32_t allocating_ = 0;                      ///< actors in kmalloc() or kfree()
    std::array<std::uint32_t, max_vcpus * 2> asked_{};  ///< what kmalloc() was called with
    SmallList<Block, 16> blocks_;
    SmallList<std::uint32_t, 16> freed_;  ///< generations
    std::optional<Finding> finding_;
    GuestVirt ip_;
};

template <typename Add>
void StateJudge::words(Add add) const {
    for (unsigned i = 0; i < vcpus_; ++i) {
        const Cpu& cpu = cpus_[i];
        add((cpu.in_nmi ? 1U : 0U) | (cpu.loaded ? 2U : 0U) | (cpu.inside ? 4U : 0U) |
            (cpu.reading ? 8U : 0U));
        add(cpu.callback);
        add(cpu.handler_awaited);
        add(cpu.reader_awaited);
    }
    for (unsigned i = 0; i < vcpus_ * 2; ++i) {
        add(asked_[i]);
        for (const std::uint32_t callback : since_begin_[i]) {
            add(callback);
        }
        add(since_begin_[i].size());
    }
    add(current_);
    add(waiting_);
    add(allocating_);
    for (const auto* list : {&ever_, &loadable_, &freed_}) {
        for (const std::uint32_t callback : *list) {
            add(callback);
        }
        add(list->size());
    }
    for (const Block& block : blocks_) {
        add(block.address);
        add(block.size | (block.allocated ? 1U << 31 : 0U));
        add((block.written & std::bitset<block_words>(~std::uint64_t{0})).to_ullong());
        add((block.written >> 64).to_ullong());
    }
}

}  // namespace nmistorm::oracle
