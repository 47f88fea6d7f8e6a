// SPDX-License-Identifier: GPL-2.0-or-later
#include "correct_guest.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace nmistorm::oracle::test {

namespace {

struct Published {
    std::uint32_t callback = dummy;
    std::uint32_t generation = 0;
    std::uint32_t block = 0;
};

/// One vCPU: a reader in its task and an NMI on top of it, each at one of the steps that matter.
struct Cpu {
    enum class Reader { none, disabled, read, entered, left, offline } reader = Reader::none;
    enum class Nmi { none, entered, said_so, loaded, running, left } nmi = Nmi::none;
    Published read, loaded;
    unsigned quiescent = 0;  ///< how often it was in no section

    [[nodiscard]] bool in_section() const {
        return (reader != Reader::none && reader != Reader::offline) || nmi != Nmi::none;
    }
};

class RandomGuest {
  public:
    RandomGuest(std::uint32_t seed, unsigned vcpus, bool waits)
        : random_(seed),
          cpus_(vcpus),
          waits_(waits),
          replace_(random_() % 2 == 0),
          unload_(random_() % 2 == 0),
          deferred_(random_() % 2 == 0) {}

    History run(unsigned swaps) {
        if (random_() % 2 == 0) {
            history_.publish(dummy, 0);
        }
        while (swaps_ < swaps || step_ != Step::alloc || !waiting_.empty()) {
            const auto vcpu = static_cast<unsigned>(random_() % cpus_.size());
            if (random_() % 2 == 0) {
                nmi(vcpu, random_() % 4 == 0);
            } else if (cpus_[vcpu].nmi == Cpu::Nmi::none) {
                vcpu == 0 ? updater() : reader(vcpu);
            }
        }
        for (unsigned vcpu = 0; vcpu < cpus_.size(); ++vcpu) {
            while (cpus_[vcpu].nmi != Cpu::Nmi::none) {
                nmi(vcpu, false);
            }
        }
        return history_;
    }

  private:
    enum class Step { alloc, say_publish, store, say_retire, begin, look, wait, end, unload, free };

    void nmi(unsigned vcpu, bool raise) {
        Cpu& cpu = cpus_[vcpu];
        switch (cpu.nmi) {
            case Cpu::Nmi::none:
                cpu.nmi = raise ? Cpu::Nmi::entered : Cpu::Nmi::none;
                break;
            case Cpu::Nmi::entered:
                history_.nmi_begin(vcpu, vcpu == 0                            ? 0
                                         : cpu.reader == Cpu::Reader::offline ? abi::nmi_from_offline
                                                                              : abi::nmi_from_idle);
                cpu.nmi = Cpu::Nmi::said_so;
                break;
            case Cpu::Nmi::said_so:
                cpu.loaded = current_;
                cpu.nmi = Cpu::Nmi::loaded;
                break;
            case Cpu::Nmi::loaded:
                history_.nmi_call(vcpu, cpu.loaded.callback);
                ++slots_[cpu.loaded.generation][vcpu];
                cpu.nmi = Cpu::Nmi::running;
                break;
            case Cpu::Nmi::running:
                history_.nmi_leave(vcpu, cpu.loaded.callback, cpu.loaded.generation);
                cpu.nmi = Cpu::Nmi::left;
                break;
            case Cpu::Nmi::left:
                cpu.nmi = Cpu::Nmi::none;
                cpu.quiescent += !cpu.in_section();
                break;
        }
    }

    void reader(unsigned vcpu) {
        Cpu& cpu = cpus_[vcpu];
        switch (cpu.reader) {
            case Cpu::Reader::none:
                cpu.reader = random_() % 8 == 0 ? Cpu::Reader::offline : Cpu::Reader::disabled;
                if (cpu.reader == Cpu::Reader::offline) {
                    history_.cpu_offline(vcpu);
                }
                break;
            case Cpu::Reader::offline:
                history_.cpu_online(vcpu);
                cpu.reader = Cpu::Reader::none;
                break;
            case Cpu::Reader::disabled:
                cpu.read = current_;
                cpu.reader = Cpu::Reader::read;
                break;
            case Cpu::Reader::read:
                history_.reader_enter(vcpu, cpu.read.generation);
                cpu.reader = Cpu::Reader::entered;
                break;
            case Cpu::Reader::entered:
                history_.reader_leave(vcpu, cpu.read.generation);
                cpu.reader = Cpu::Reader::left;
                break;
            case Cpu::Reader::left:
                cpu.reader = Cpu::Reader::none;
                ++cpu.quiescent;
                break;
        }
    }

    void updater() {
        switch (step_) {
            case Step::alloc: {
                // In `unset` every other swap puts the dummy back instead.
                const bool to_dummy = current_.generation != 0 && !replace_;
                next_ = to_dummy ? Published{} : fresh();
                step_ = Step::say_publish;
                break;
            }
            case Step::say_publish:
                history_.publish(next_.callback, next_.generation);
                step_ = Step::store;
                break;
            case Step::store:
                old_ = std::exchange(current_, next_);
                step_ = old_.generation == 0 ? Step::alloc : Step::say_retire;
                break;
            case Step::say_retire:
                history_.retire(old_.callback, old_.generation);
                waiting_.push_back(old_);
                step_ = deferred_ && waiting_.size() < waiting_most && random_() % 2 == 0 ? Step::alloc
                                                                                          : Step::begin;
                break;
            case Step::begin:
                history_.gp_begin(++grace_periods_);
                looked_at_ = 0;
                snapshot_.clear();
                step_ = Step::look;
                break;
            case Step::look: {
                const Cpu& cpu = cpus_[looked_at_++];
                snapshot_.push_back(looked_at_ > 1 && cpu.in_section() ? cpu.quiescent : never);
                step_ = looked_at_ == cpus_.size() ? Step::wait : Step::look;
                break;
            }
            case Step::wait:
                for (std::size_t i = 0; i < cpus_.size(); ++i) {
                    if (waits_ && snapshot_[i] == cpus_[i].quiescent) {
                        return;
                    }
                }
                step_ = Step::end;
                break;
            case Step::end:
                history_.gp_end(grace_periods_, static_cast<std::uint32_t>(random_() % 1000));
                step_ = unload_ ? Step::unload : Step::free;
                break;
            case Step::unload:
                history_.unload(waiting_.back().callback, waiting_.back().generation);
                step_ = Step::free;
                break;
            case Step::free:
                free(waiting_.back());
                waiting_.pop_back();
                ++swaps_;
                step_ = waiting_.empty() ? Step::alloc : unload_ ? Step::unload : Step::free;
                break;
        }
    }

    void free(const Published& old) {
        for (unsigned vcpu = 0; vcpu < cpus_.size(); ++vcpu) {
            history_.slot(vcpu, old.generation, slots_[old.generation][vcpu]);
        }
        history_.free(old.block, old.generation);
    }

    /// One of some handlers whose data is not in use.
    Published fresh() {
        Published made{0, ++generation_, block_a + 0x200 * (generation_ % 8)};
        const auto in_use = [&made](const Published& each) { return each.callback == made.callback; };
        do {
            made.callback = counting + 0x10000 * static_cast<std::uint32_t>(random_() % (waiting_most + 2));
        } while (in_use(current_) || std::ranges::any_of(waiting_, in_use));
        history_.alloc(made.block, made.generation);
        return made;
    }

    static constexpr std::size_t waiting_most = 2;

    static constexpr unsigned never = ~0u;

    std::mt19937 random_;
    std::vector<Cpu> cpus_;
    bool waits_;
    bool replace_;
    bool unload_;
    bool deferred_;
    History history_;
    Step step_ = Step::alloc;
    Published current_, next_, old_;
    std::vector<Published> waiting_;                                    ///< retired and not freed
    std::map<std::uint32_t, std::map<unsigned, std::uint32_t>> slots_;  ///< by generation and vCPU
    std::vector<unsigned> snapshot_;
    std::size_t looked_at_ = 0;
    std::uint32_t grace_periods_ = 0, generation_ = 0;
    unsigned swaps_ = 0;
};

}  // namespace

History correct_history(std::uint32_t seed, unsigned vcpus, unsigned swaps) {
    return RandomGuest(seed, vcpus, true).run(swaps);
}

History impatient_history(std::uint32_t seed, unsigned vcpus, unsigned swaps) {
    return RandomGuest(seed, vcpus, false).run(swaps);
}

}  // namespace nmistorm::oracle::test
