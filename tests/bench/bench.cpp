// SPDX-License-Identifier: GPL-2.0-or-later
// NMIs a second in lockstep: the harness beside the floor, which is the least that can inject NMIs at
// all, in one process and on the same guest image. Compare medians of several repetitions:
//
//   build/release/tests/bench --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/clock.h"
#include "drive/storm.h"
#include "image/embedded.h"
#include "kvm/system.h"
#include "machine/machine.h"

namespace {

using namespace nmistorm;

constexpr unsigned target = 1;  // busy with the guest's usual work; vCPU 0 swaps handlers beside it
constexpr std::uint64_t nmis_per_round = 20'000;

class NoHook : public machine::RunHook {
    void before_run(unsigned /*cpu*/, kvm::Vcpu& /*vcpu*/) override {}
};

/// kick / KVM_NMI / KVM_RUN on threads of its own, no oracle, no events, no bookkeeping.
class Floor {
  public:
    Floor()
        : machine_(system_, image_, {.vcpus = 2, .handlers = abi::handler_counting, .events = false},
                   no_hook_),
          updater_([this] { run(0); }),
          target_([this] { run(target); }) {
        signal(SIGUSR2, [](int) {});
        while (state() != abi::CpuState::online) {
            std::this_thread::yield();
        }
    }
    Floor(const Floor&) = delete;
    Floor& operator=(const Floor&) = delete;
    ~Floor() {
        stop_ = true;
        kick(0, updater_);
        kick(target, target_);
        updater_.join();
        target_.join();
    }

    void inject(std::uint64_t nmis) {
        for (std::uint64_t i = 0; i < nmis; ++i) {
            const std::uint32_t before = exits();
            nmi_ = true;
            kick(target, target_);
            while (exits() == before) {
                wait();
            }
        }
    }

  private:
    static void wait() { __builtin_ia32_pause(); }

    void run(unsigned cpu) {
        kvm::Vcpu& vcpu = machine_.vcpu(cpu).vcpu();
        while (!stop_) {
            vcpu.clear_kick();
            if (cpu == target && nmi_.exchange(false)) {
                vcpu.nmi();
            }
            if (!stop_) {
                vcpu.run();
            }
        }
    }
    void kick(unsigned cpu, std::thread& thread) {
        machine_.vcpu(cpu).vcpu().kick();
        pthread_kill(thread.native_handle(), SIGUSR2);
    }
    abi::CpuState state() const { return machine::load(machine_.cpu_page(target).state); }
    std::uint32_t exits() const { return machine::load(machine_.cpu_page(target).counters.nmi_exits); }

    kvm::System system_ = kvm::System::open();
    image::Image image_ = image::embedded("guest_x86_64_none");
    NoHook no_hook_;
    machine::Machine machine_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> nmi_ = false;
    std::thread updater_;
    std::thread target_;
};

void rate(benchmark::State& state, std::uint64_t nmis) {
    state.SetItemsProcessed(static_cast<std::int64_t>(nmis));  // items_per_second: NMIs a second
}

void floor(benchmark::State& state) {
    Floor loop;
    std::uint64_t nmis = 0;
    for (auto _ : state) {
        const auto begin = Clock::now();
        loop.inject(nmis_per_round);
        state.SetIterationTime(std::chrono::duration<double>(Clock::now() - begin).count());
        nmis += nmis_per_round;
    }
    rate(state, nmis);
}

void lockstep(benchmark::State& state, plan::Observe observe) {
    const kvm::System system = kvm::System::open();
    const image::Image image = image::embedded("guest_x86_64_none");
    plan::RunPlan plan;
    plan.handlers = abi::handler_counting;
    plan.observe = observe;
    plan.targets = {plan::Targets::Kind::list, {target}};
    plan.duration.reset();
    plan.nmis = nmis_per_round;
    std::uint64_t nmis = 0;
    for (auto _ : state) {
        const drive::StormResult result = drive::storm(plan, image, system, {});
        if (oracle::outcome(result.findings) == oracle::Outcome::violation) {
            state.SkipWithError("the storm found a violation");
            break;
        }
        state.SetIterationTime(result.duration_s);
        nmis += nmis_per_round;
    }
    rate(state, nmis);
}

BENCHMARK(floor)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lockstep, counters, plan::Observe::counters)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lockstep, events, plan::Observe::events)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
