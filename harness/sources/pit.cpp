// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "sources/nmi_source.h"

namespace nmistorm::sources {
namespace {

using namespace std::chrono_literals;

/// The source pit: a tick of the PIT's channel 0 at LINT0 in NMI mode, as the classic NMI watchdog. A tick
/// reaches every vCPU whose LINT0 is so, so that is one vCPU at a time, and only until the tick has come.
/// Re-injection is off: with it a tick would wait until the guest has acknowledged the one before.
class Pit final : public NmiSource {
  public:
    explicit Pit(kvm::Vm& vm) : vm_(vm) { enter_vm(); }

    bool make_nmi(unsigned /*cpu*/, kvm::Vcpu& vcpu) override {
        const std::lock_guard lock(ticking_);
        vcpu.set_lint0_to_nmi(true);
        vm_.start_pit_once(10us);
        const auto give_up = Clock::now() + 20s;
        while (!vm_.pit_has_ticked()) {
            if (Clock::now() > give_up) {
                throw Error("the PIT did not tick in 20 s; leave the source pit out (--source)");
            }
            std::this_thread::sleep_for(
                20us);  // yielding is CPU time, which the watchdog takes for the guest's
        }
        vcpu.set_lint0_to_nmi(false);
        return true;
    }

    void enter_vm() final {
        vm_.create_pit();
        vm_.set_pit_reinjection(false);
    }

  private:
    kvm::Vm& vm_;
    std::mutex ticking_;
};

}  // namespace

std::unique_ptr<NmiSource> make_pit(guests::Guest& guest) {
    kvm::Vm& vm = guest.vm().kvm();
    vm.require_pit("the source pit");
    return std::make_unique<Pit>(vm);
}

}  // namespace nmistorm::sources
