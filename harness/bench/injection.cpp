// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/injection.h"

#include <sched.h>

#include <fmt/format.h>

#include "base/cpus.h"
#include "base/error.h"
#include "guests/kinds.h"

namespace nmistorm::bench {
namespace {

plan::RunPlan plan_of(const plan::BenchPlan& plan, const Target& target) {
    plan::RunPlan run;
    run.arch = plan.arch;
    run.vcpus = 2;
    run.sources = {target.source};
    run.observe = plan::Observe::counters;
    run.handlers = abi::handler_counting;
    run.work = target.halted ? abi::work_idle : abi::work_busy;
    return run;
}

}  // namespace

Injection::Injection(const kvm::System& system, const image::Image& image, const plan::BenchPlan& plan,
                     const Target& target)
    : source_(target.source),
      crowded_(cpus_of_this_process() <= (target.source == plan::Source::ipi ? 2 : 1)),
      pinned_(plan.pin),
      guest_(guests::kind_of(image).boot(system, image, plan_of(plan, target))) {}

void Injection::relax() const {
    if (crowded_) {
        sched_yield();
    } else {
        __builtin_ia32_pause();
    }
}

void Injection::look(Clock::time_point give_up, const char* what) {
    check();
    if (Clock::now() > give_up) {
        throw Error(fmt::format("{}: {} in 20 s; 'nmistorm doctor' may tell why", plan::name(source_), what));
    }
}

/// Until no NMI that was requested is left. KVM does not tell, so nothing must happen for some time.
void Injection::await_quiet() {
    constexpr auto quiet = std::chrono::milliseconds(20);
    oracle::NmiCounts last = nmis();
    auto since = Clock::now();
    await(
        [&] {
            const oracle::NmiCounts now = nmis();
            if (!taken() || now.entries != now.exits || now.exits != last.exits) {
                last = now;
                since = Clock::now();
            }
            return Clock::now() - since > quiet;
        },
        "the first NMIs were not handled");
}

void Injection::begin(const std::function<void()>& stop_updater) {
    await([this] { return guest_->online(0) && guest_->online(vcpu); }, "the guest did not come online");
    // TCG's emulated SVM loses an NMI whose delivery faults in nested paging, so the first one may need
    // another.
    const auto give_up = Clock::now() + patience;
    while (nmis().exits == 0) {
        request();
        const auto enough = Clock::now() + std::chrono::milliseconds(200);
        await([&] { return nmis().exits != 0 || Clock::now() > enough; }, "no NMI was handled");
        look(give_up, "no NMI was handled");
    }
    await_quiet();
    if (source_ != plan::Source::ipi) {
        // Every NMI then takes the same way, that of the dummy.
        guest_->ask_to_finish();
        await([this] { return guest_->finished(); }, "the updater did not end");
        stop_updater();
    }
}

}  // namespace nmistorm::bench
