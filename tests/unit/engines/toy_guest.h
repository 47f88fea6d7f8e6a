// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "guests/stepped/memory_hash.h"

namespace nmistorm::engines::explore::test {

/// One instruction of a toy program.
struct Op {
    enum class What {
        load,    ///< register = word
        store,   ///< word = register
        add,     ///< register += value
        await,   ///< PAUSE until word is not zero
        refuse,  ///< breaks a rule if register == value
        repeat,  ///< back to the program's first instruction if word is zero
        halt,    ///< until an NMI
    };
    What what;
    unsigned word = 0;
    int value = 0;
};
using Program = std::vector<Op>;

/// A machine so small that everything it can do can be enumerated: some vCPUs, each with a register and a
/// program, one NMI handler's program for all, and four shared words. It is what Search requires of a guest.
class ToyGuest {
  public:
    static constexpr unsigned words = 4;
    static constexpr unsigned most_cpus = 3;

    struct Mark {
        std::array<int, words> memory{};
        struct Cpu {
            unsigned at = 0;
            int reg = 0;
            bool in_nmi = false;
            unsigned interrupted_at = 0;
            int interrupted_reg = 0;
            auto operator<=>(const Cpu&) const = default;
        };
        std::array<Cpu, most_cpus> cpus{};
        bool broken = false;
        auto operator<=>(const Mark&) const = default;
    };

    ToyGuest(std::vector<Program> programs, Program handler)
        : programs_(std::move(programs)), handler_(std::move(handler)) {}

    [[nodiscard]] unsigned cpus() const { return static_cast<unsigned>(programs_.size()); }
    [[nodiscard]] bool can_run(unsigned cpu) const {
        const Mark::Cpu& self = state_.cpus[cpu];
        return self.in_nmi || (self.at < programs_[cpu].size() && next(cpu)->what != Op::What::halt);
    }
    [[nodiscard]] bool can_take_nmi(unsigned cpu) const { return !state_.cpus[cpu].in_nmi; }
    [[nodiscard]] bool spins(unsigned cpu) const {
        const Op* op = next(cpu);
        return op != nullptr && op->what == Op::What::await && state_.memory[op->word] == 0;
    }

    void run(unsigned cpu);
    void settle(unsigned /*cpu*/) {}
    void nmi(unsigned cpu);

    [[nodiscard]] guests::StateKey key() const;
    [[nodiscard]] static std::size_t mark_bytes() { return 0; }
    [[nodiscard]] static std::size_t log_bytes() { return 0; }
    [[nodiscard]] const Mark& mark() const { return state_; }
    void rewind(const Mark& mark) { state_ = mark; }

    [[nodiscard]] bool finding() const { return state_.broken; }
    [[nodiscard]] bool begin_again() const { return false; }
    /// All programs have ended.
    [[nodiscard]] bool complete() const;
    void deadlock();
    void livelock(unsigned /*cpu*/) { stood_still_ = true; }

    /// States in which no vCPU could run.
    [[nodiscard]] const std::set<Mark>& ends() const { return ends_; }
    [[nodiscard]] bool stood_still() const { return stood_still_; }

  private:
    [[nodiscard]] const Op* next(unsigned cpu) const;

    std::vector<Program> programs_;
    Program handler_;
    Mark state_;
    std::set<Mark> ends_;
    bool stood_still_ = false;
};

}  // namespace nmistorm::engines::explore::test
