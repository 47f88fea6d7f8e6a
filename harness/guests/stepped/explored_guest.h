// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "guests/stepped/conflict_set.h"
#include "guests/stepped/small_list.h"
#include "guests/stepped/step_facts.h"
#include "guests/stepped/stepped_guest.h"
#include "plan/explore_plan.h"
#include "plan/schedule.h"

namespace nmistorm::guests {

using plan::Move;
using plan::Schedule;

/// What stepping needs from an image's symbols and debug information.
struct Landmarks {
    std::array<std::optional<GuestVirt>, 5> functions;  ///< by TracedFunction
    std::optional<GuestVirt> nmi_callback;              ///< the variable
    std::optional<GuestVirt> dummy_callback;
    std::optional<std::uint64_t> preempt_count;  ///< offset in a CPU's page
    std::optional<std::uint64_t> generation;     ///< offset in a handler's data

    explicit Landmarks(const image::Image& image);
    /// Names what is missing, so that it cannot be judged; empty if nothing is.
    [[nodiscard]] std::string missing() const;
};

/// What exploring has discovered about an image, in all of its guests.
struct Discovered {
    explicit Discovered(const Layout& layout)
        : shared(layout.size), covered(layout.boot.value - image::image_begin.value) {}

    ConflictSet shared;
    bool news = false;          ///< a word became shared: begin again
    std::vector<bool> covered;  ///< executed instructions of the image, by address - image_begin
    std::uint64_t steps = 0;    ///< instructions of all schedules together
};

/// A word of guest memory that says something about the order of an NMI and a swap.
struct NamedWord {
    std::string name;
    std::uint64_t address = 0;
};

/// What an exploration of @p image on @p vcpus vCPUs can touch.
struct Extent {
    std::uint64_t memory_end = 0;  ///< guest memory, from 0
    std::uint64_t image_begin = 0;
    std::uint64_t image_end = 0;
};
Extent extent_of(unsigned vcpus, const image::Image& image);

/// The guest as the search sees it: a machine that runs a given vCPU up to its next choice point, while the
/// oracle observes every instruction. See search.h for what the search requires of it.
class ExploredGuest {
  public:
    /// Boots the guest until the updater is about to begin its first swap and the other vCPUs their work.
    /// Throws HostCannot, and Error if the guest does not get there. @p stop is as for SteppedGuest: every
    /// function that runs the guest throws Stopped when it returns true.
    ExploredGuest(const kvm::System& system, const image::Image& image, const plan::ExplorePlan& plan,
                  plan::Condition condition, Stop stop = {});
    void set_stop(Stop stop) { guest_.set_stop(std::move(stop)); }
    /// Begins again where exploring starts, and keeps what the oracle is told from there on.
    void record();
    [[nodiscard]] const std::vector<oracle::Record>& records() const { return facts_.records(); }

    [[nodiscard]] unsigned cpus() const { return guest_.cpus(); }
    /// @p cpu has an instruction to run: it is not at HLT, and it is not the updater after the last swap.
    [[nodiscard]] bool can_run(unsigned cpu);
    [[nodiscard]] bool can_take_nmi(unsigned cpu) const {
        return !guest_.vcpu(cpu).in_nmi && guest_.stack_is_in_memory(cpu);
    }
    /// The next instruction of @p cpu is PAUSE.
    [[nodiscard]] bool spins(unsigned cpu);

    /// Runs @p cpu up to its next choice point, or until a rule is broken. can_run(cpu) must be true.
    void run(unsigned cpu);
    /// Runs @p cpu up to its next choice point, but not at all if it is at one.
    void settle(unsigned cpu);
    /// Runs one instruction.
    void step(unsigned cpu);
    void nmi(unsigned cpu);

    [[nodiscard]] StateKey key() const;

    struct Mark {
        SteppedGuest::Mark guest;
        StepFacts::State facts;
        std::size_t moves = 0;
        std::uint32_t last_steps = 0;
        struct Cpu {
            std::uint32_t delivered = 0;
            std::uint32_t loaded = 0;       ///< the last callback that was loaded
            bool awaits_call = false;       ///< that callback is still to be called
            std::uint64_t callback_sp = 0;  ///< stack pointer at its first instruction; 0: not in it
            struct Call {
                TracedFunction function{};
                std::uint64_t sp = 0;  ///< stack pointer at its first instruction
            };
            std::array<SmallList<Call, 6>, 2> calls;  ///< by in_nmi
        };
        std::vector<Cpu> cpus;
    };
    [[nodiscard]] Mark mark() const;
    [[nodiscard]] std::size_t mark_bytes() const {
        return guest_.mark_bytes() + cpus_.size() * sizeof(Cpu) + facts_.state_bytes();
    }
    [[nodiscard]] std::size_t log_bytes() const {
        return guest_.log_bytes() + schedule_.capacity() * sizeof(Move);
    }
    void rewind(const Mark& mark);
    /// Returns to the state where exploring starts.
    void restart();

    /// All swaps are over.
    [[nodiscard]] bool complete() const;
    /// No vCPU can run: judges what must hold then.
    void deadlock();
    /// The vCPUs that can run are in a livelock: judges what must hold then.
    void livelock(unsigned cpu);
    [[nodiscard]] std::optional<oracle::Finding> finding() const { return facts_.finding(); }
    /// A rule was broken.
    [[nodiscard]] bool violated() const { return facts_.violated(); }
    /// A word became shared that was taken for private.
    [[nodiscard]] bool begin_again() const { return discovered_->news; }

    [[nodiscard]] const Schedule& schedule() const { return schedule_; }
    [[nodiscard]] Discovered& discovered() { return *discovered_; }
    /// Continues with what another guest of the same image has discovered.
    void adopt(std::shared_ptr<Discovered> discovered) { discovered_ = std::move(discovered); }
    [[nodiscard]] std::shared_ptr<Discovered> share_discovered() { return discovered_; }
    [[nodiscard]] SteppedGuest& guest() { return guest_; }
    [[nodiscard]] const Landmarks& landmarks() const { return landmarks_; }

    /// nmi_callback, and what RCU keeps for each vCPU, as far as @p image names them.
    [[nodiscard]] std::vector<NamedWord> telling_words(const image::Image& image) const;
    /// @p cpu's access is to nmi_callback, to what is another vCPU's own, or an NMI handler's to its data.
    [[nodiscard]] bool is_telling(unsigned cpu, const Access& access) const;

  private:
    using Cpu = Mark::Cpu;
    void boot();
    void begin_facts(bool record);
    void boot_step(unsigned cpu);
    [[nodiscard]] bool is_choice_point(unsigned cpu);
    void before_step(unsigned cpu, const Accesses& accesses);
    void after_step(unsigned cpu, bool in_nmi, const Accesses& accesses);
    void watch_call(unsigned cpu);
    void watch_access(unsigned cpu, const Access& access);
    void watch_preempt_count(unsigned cpu, const Access& access);
    void watch_trip(unsigned cpu, const Access& access);
    void judge_trip(unsigned cpu, abi::RingOf ring);
    void watch_callback(unsigned cpu);
    void watch_iret(unsigned cpu, const kvm_regs& interrupted);
    void die(unsigned cpu, GuestVirt at);
    /// @p cpu, outside NMIs, accesses its preempt_count.
    [[nodiscard]] bool is_preempt_count(unsigned cpu, const Access& access) const;
    [[nodiscard]] bool returns(unsigned cpu, const decode::Instruction& instruction) const;
    void returned(unsigned cpu, bool in_nmi);
    [[nodiscard]] std::uint32_t argument(unsigned cpu) const;
    [[nodiscard]] std::uint32_t word(std::uint64_t address) const;

    const plan::ExplorePlan& plan_;
    Landmarks landmarks_;
    SteppedGuest guest_;
    std::shared_ptr<Discovered> discovered_;
    StepFacts facts_;
    std::vector<Cpu> cpus_;
    Schedule schedule_;
    std::optional<Mark> start_;
};

}  // namespace nmistorm::guests
