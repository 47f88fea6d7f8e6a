// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "guests/guest.h"
#include "image/image.h"
#include "kvm/system.h"
#include "machine/exit.h"
#include "machine/kick_signal.h"
#include "machine/kick_timer.h"
#include "plan/run_plan.h"

namespace nmistorm::doctor {

/// A guest with one vCPU that the calling thread runs, in slices. The thread can have one at a time.
class Probe {
  public:
    /// Boots @p image, a clean one, to take NMIs of @p sources. Throws HostCannot and Error as
    /// guests::GuestKind does.
    Probe(const kvm::System& system, const image::Image& image,
          std::vector<plan::Source> sources = {plan::Source::kvm_nmi}, plan::Apic apic = plan::Apic::x2apic);

    /// Runs the guest until NMIs may come, @p nmis by KVM_NMI were handled, one after the other, and none is
    /// left. Returns why that did not happen; empty if it did.
    std::string begin(std::uint32_t nmis);

    [[nodiscard]] kvm::Vcpu& vcpu() { return guest_->vm().vcpus().front(); }
    [[nodiscard]] machine::GuestVm& vm() { return guest_->vm(); }
    [[nodiscard]] guests::Guest& guest() { return *guest_; }
    /// NMIs that have begun, and that have ended.
    [[nodiscard]] oracle::NmiCounts nmis() const { return guest_->nmis(0); }

    /// Runs the guest until @p over, which it asks after each slice. Returns false if the vCPU stopped, or if
    /// the guest got as much time as any check takes and more.
    template <typename Over>
    bool run_until(Over over, std::chrono::nanoseconds slice = std::chrono::milliseconds(1)) {
        const Patience patience;
        while (!over()) {
            if (exit_ || patience.over()) {
                return false;
            }
            run(slice);
        }
        return true;
    }
    /// Runs it until no NMI is left. Returns how many were handled since @p before; nothing if it did not
    /// come to that.
    std::optional<std::uint32_t> handled_since(oracle::NmiCounts before);

    /// Why run_until() returned false: "its vCPU stopped with ...", or @p otherwise.
    [[nodiscard]] std::string why_not(const std::string& otherwise);

    /// Runs the guest for one slice, if it has not stopped.
    void run(std::chrono::nanoseconds slice);

  private:
    /// Runs it until KVM has no NMI on its way and the guest handles none.
    bool come_to_rest();
    /// Of CPU time, so that a busy host does not matter; and of time, for a vCPU that sleeps and never wakes
    /// up.
    class Patience {
      public:
        Patience();
        [[nodiscard]] bool over() const;

      private:
        std::chrono::nanoseconds cpu_time_;
        Clock::time_point time_;
    };

    const image::Image& image_;
    std::unique_ptr<guests::Guest> guest_;
    machine::KickedVcpu kicked_;
    machine::KickTimer timer_;
    std::optional<machine::Exit> exit_;
};

}  // namespace nmistorm::doctor
