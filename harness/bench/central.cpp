// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "bench/injection.h"
#include "machine/machine.h"
#include "sources/nmi_queue.h"

namespace nmistorm::bench {
namespace {

class Central final : public Injection {
  public:
    Central(const kvm::System& system, const image::Image& image, const plan::BenchPlan& plan,
            const Target& target)
        : Injection(system, image, plan, target),
          queue_({.sources = sources::make_sources({target.source}, guest()).made,
                  .vcpus = 2,
                  .seed = 1,
                  .counts = [this](unsigned cpu) { return guest().nmis(cpu); }}),
          machine_(guest().vm(), false, queue_, pinned()) {
        machine_.start();
        begin([this] { machine_.stop(0); });
    }

    void request() override { queue_.request(machine_.vcpu(vcpu), vcpu, 1); }
    [[nodiscard]] bool taken() const override { return queue_.idle(vcpu); }
    void check() override {
        for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
            const machine::VcpuThread& thread = machine_.vcpu(cpu);
            if (thread.ended()) {
                thread.rethrow();
                if (thread.exit()) {
                    throw Error("a vCPU stopped with " + thread.exit()->name);
                }
            }
        }
    }

  private:
    sources::NmiQueue queue_;
    machine::Machine machine_;
};

}  // namespace

std::unique_ptr<Injection> make_central(const kvm::System& system, const image::Image& image,
                                        const plan::BenchPlan& plan, const Target& target) {
    return std::make_unique<Central>(system, image, plan, target);
}

}  // namespace nmistorm::bench
