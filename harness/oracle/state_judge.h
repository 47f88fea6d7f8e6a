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

/// Who does something: a CPU, in an NMI handler or not.
struct Actor {
    unsigned cpu = 0;
    bool in_nmi = false;

    [[nodiscard]] std::uint32_t bit() const { return 1U << (cpu * 2 + (in_nmi ? 1 : 0)); }
};

/// The functions whose calls are facts.
enum class TracedFunction { set_nmi_callback, unset_nmi_callback, synchronize_sched, kmalloc, kfree };

/// Judges a guest that is looked at between any two instructions, all vCPUs stopped: the design's rules as
/// rules about states. Told what each step did; knows no machine. The first broken rule is kept, and what
/// comes after it is not judged.
///
/// A value: exploring copies it along with the rest of a state and takes its words() into that state's key,
/// since what the rules will say depends on them.
class StateJudge {
  public:
    static constexpr unsigned max_vcpus = 8;

    StateJudge() = default;
    /// @p dummy_callback: where dummy_nmi_callback lies, what nmi_callback holds at first. Without it
    /// callbacks are not judged.
    StateJudge(unsigned vcpus, std::optional<std::uint32_t> dummy_callback);

    // An NMI, in this order.
    void nmi_begins(unsigned cpu);
    /// Before nmi_callback is read: @p delivered NMIs went to this CPU, of which @p count are counted.
    void has_counted(unsigned cpu, std::uint32_t delivered, std::uint32_t count);
    /// nmi_callback was read and held @p value.
    void loads_callback(unsigned cpu, std::uint32_t value);
    /// A callback that was loaded is called: the first instruction at @p callback is next.
    void enters_callback(unsigned cpu, std::uint32_t callback);
    void leaves_callback(unsigned cpu);
    /// The IRET. @p changed names what is not as the NMI found it; empty if all is.
    void nmi_ends(unsigned cpu, const std::string& changed);

    /// Preemption was disabled on @p cpu by other than an NMI (a section of an RCU-sched reader), or enabled.
    void reader(unsigned cpu, bool begins);

    /// The first instruction of @p function is next; @p argument is its first.
    void calls(Actor actor, TracedFunction function, std::uint32_t argument);
    /// It has returned @p value.
    void returns(Actor actor, TracedFunction function, std::uint32_t value);

    /// The data that is about to be freed has this generation.
    void frees_generation(unsigned cpu, std::uint32_t generation);

    /// Memory of the arena is touched.
    void touches(Actor actor, std::uint32_t address, std::uint32_t size, bool written);

    /// A tripwire in the guest (abi::EventKind::trip).
    void trips(unsigned cpu, abi::Trip trip, std::uint32_t value, std::uint32_t generation);

    /// A vCPU will not run again.
    void fatal_exit(const FatalExit& fatal_exit);
    /// No vCPU can go on (deadlock), or those that can are in a livelock, and the swap is not over.
    void stands_still(unsigned cpu, GuestVirt ip);

    /// The swap is over and no NMI is being handled: what must add up now. @p delivered NMIs went to @p cpu,
    /// whose counters are @p counters.
    void at_rest(unsigned cpu, std::uint32_t delivered, const abi::Counters& counters);
    /// The same: what was allocated is either freed or published.
    void at_rest_with_blocks();

    [[nodiscard]] const std::optional<Finding>& finding() const { return finding_; }
    /// Where the next finding is to be located, unless it says better.
    void now_at(GuestVirt ip) { ip_ = ip; }

    /// Everything that later judgements depend on, as words, in a fixed order.
    template <typename Add>
    void words(Add add) const;

  private:
    struct Cpu {
        bool in_nmi = false;
        bool loaded = false;   ///< this NMI's handler has loaded nmi_callback and not yet left the callback
        bool inside = false;   ///< it is in the callback
        bool reading = false;  ///< a preempt-disabled section
        std::uint32_t callback = 0;         ///< as first loaded
        std::uint32_t handler_awaited = 0;  ///< by the grace periods of these actors (Actor::bit)
        std::uint32_t reader_awaited = 0;
    };
    static constexpr unsigned block_words = 128;  ///< of its payload at most
    struct Block {
        std::uint32_t address = 0;  ///< of the payload
        std::uint32_t size = 0;     ///< bytes
        bool allocated = false;
        std::bitset<block_words> written;  ///< words, since it was allocated
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
    std::uint32_t current_ = 0;              ///< the callback published last
    SmallList<std::uint32_t, 16> ever_;      ///< callbacks ever published, ascending
    SmallList<std::uint32_t, 16> loadable_;  ///< those not yet retired for good, ascending
    /// Callbacks that were current at some time since each actor's grace period began.
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
