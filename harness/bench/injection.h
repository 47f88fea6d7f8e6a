// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "bench/bench.h"
#include "guests/guest.h"
#include "image/image.h"
#include "kvm/system.h"
#include "plan/bench_plan.h"

namespace nmistorm::bench {

/// A guest, and one way to have NMIs made on one of its vCPUs by one source. No other vCPU runs, except vCPU
/// 0 where it sends the NMIs.
class Injection {
  public:
    Injection(const kvm::System& system, const image::Image& image, const plan::BenchPlan& plan,
              const Target& target);
    Injection(const Injection&) = delete;
    Injection& operator=(const Injection&) = delete;
    virtual ~Injection() = default;

    /// Has one NMI made, soon or at once.
    virtual void request() = 0;
    /// Everything that was requested has reached KVM.
    [[nodiscard]] virtual bool taken() const = 0;
    /// Throws if a vCPU has stopped.
    virtual void check() = 0;

    /// NMIs that the vCPU has entered and left.
    [[nodiscard]] oracle::NmiCounts nmis() const { return guest_->nmis(vcpu); }

    /// Waits, busily, until @p over. Throws Error, which says that @p what did not happen, after some
    /// seconds.
    template <typename Over>
    void await(Over over, const char* what) {
        const auto give_up = Clock::now() + patience;
        for (unsigned turn = 1; !over(); ++turn) {
            relax();
            if (turn % 1024 == 0) {
                look(give_up, what);
            }
        }
    }

  protected:
    static constexpr unsigned vcpu = 1;
    static constexpr std::chrono::seconds patience{20};

    /// Waits until the guest takes NMIs. Then @p stop_updater is called, unless it sends them.
    void begin(const std::function<void()>& stop_updater);
    [[nodiscard]] guests::Guest& guest() { return *guest_; }
    [[nodiscard]] bool pinned() const { return pinned_; }

  private:
    void relax() const;
    void await_quiet();
    void look(Clock::time_point give_up, const char* what);

    const plan::Source source_;
    const bool crowded_;  ///< this thread needs a CPU that a vCPU needs
    const bool pinned_;
    std::unique_ptr<guests::Guest> guest_;
};

/// As `nmistorm storm --injector central` does it.
std::unique_ptr<Injection> make_central(const kvm::System& system, const image::Image& image,
                                        const plan::BenchPlan& plan, const Target& target);
/// The least that has an NMI made: a flag, a signal, the source and KVM_RUN.
std::unique_ptr<Injection> make_floor(const kvm::System& system, const image::Image& image,
                                      const plan::BenchPlan& plan, const Target& target);

}  // namespace nmistorm::bench
