// SPDX-License-Identifier: GPL-2.0-or-later
// Steps a second of a search beside the least that can step at all, in one process and on the same guest
// image. NMIs a second of storms in lockstep with counters and with events (`nmistorm bench` has them beside
// their floor). Overlaps a second of both injectors. Events a second of the oracle alone. Instructions of the
// guest for one NMI. Compare medians of several repetitions:
//
//   build/release/tests/bench --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

#include "../unit/oracle/correct_guest.h"
#include "base/clock.h"
#include "decode/instruction.h"
#include "engines/explore/explore.h"
#include "engines/storm.h"
#include "guests/abi/abi_guest.h"
#include "guests/abi/event_facts.h"
#include "guests/abi/merge.h"
#include "image/embedded.h"
#include "kvm/system.h"
#include "machine/nmi_delivery.h"

namespace {

using namespace nmistorm;

// One vCPU, which swaps handlers, and one injecting thread: on two cores neither waits for the other.
constexpr unsigned vcpus = 1;
constexpr std::uint64_t nmis_per_round = 20'000;

void rate(benchmark::State& state, std::uint64_t items) {
    state.SetItemsProcessed(static_cast<std::int64_t>(items));  // items_per_second: NMIs or steps a second
}

void lockstep(benchmark::State& state, plan::Observe observe) {
    const kvm::System system = kvm::System::open();
    const image::Image image = image::embedded("guest_x86_64_none");
    plan::RunPlan plan;
    plan.handlers = abi::handler_counting;
    plan.observe = observe;
    plan.vcpus = vcpus;
    plan.injector = plan::Injector::central;
    plan.duration.reset();
    plan.nmis = nmis_per_round;
    std::uint64_t nmis = 0;
    for (auto _ : state) {
        const engines::StormResult result = engines::storm(plan, image, system, {});
        if (oracle::outcome(result.findings) == oracle::Outcome::violation) {
            state.SkipWithError("the storm found a violation");
            break;
        }
        state.SetIterationTime(result.duration_s);
        nmis += nmis_per_round;
    }
    rate(state, nmis);
}

/// Instructions a second of a bare loop of KVM_RUN on one vCPU, without any check in between.
void raw_steps(benchmark::State& state) {
    const kvm::System system = kvm::System::open();
    const image::Image image = image::embedded("guest_x86_64_none");
    guests::AbiVm guest(system, image,
                        {.vcpus = 1, .events = false, .published_us = 0, .handler_us = 0, .work_us = 0});
    kvm::Vcpu& vcpu = guest.vcpus().front();
    vcpu.begin_stepping(system);
    constexpr std::uint64_t steps_per_round = 100'000;
    std::uint64_t steps = 0;
    for (auto _ : state) {
        const auto begin = Clock::now();
        for (std::uint64_t i = 0; i < steps_per_round; ++i) {
            vcpu.run();
        }
        state.SetIterationTime(std::chrono::duration<double>(Clock::now() - begin).count());
        steps += steps_per_round;
    }
    rate(state, steps);
}

/// The same for a search: two vCPUs, oracle, state keys and rewinding, as `nmistorm explore` does it.
void explored_steps(benchmark::State& state) {
    const kvm::System system = kvm::System::open();
    const image::Image image = image::embedded("guest_x86_64_none");
    plan::ExplorePlan plan;
    plan.preemptions = 1;
    plan.condition = plan::Condition::idle;
    std::uint64_t steps = 0;
    for (auto _ : state) {
        const oracle::Exploration did = engines::explore::explore(plan, image, system, {}, {}).exploration;
        if (oracle::outcome(did) != oracle::Outcome::pass) {
            state.SkipWithError("the exploration did not pass");
            break;
        }
        state.SetIterationTime(did.seconds);
        steps += did.steps;
    }
    rate(state, steps);
}

/// One vCPU that is stepped, and takes NMIs as the CPU would deliver them.
class Stepped {
  public:
    explicit Stepped(bool events)
        : guest_(system_, image_,
                 {.vcpus = 1, .events = events, .published_us = 0, .handler_us = 0, .work_us = 0}),
          vcpu_(guest_.vcpus().front()) {
        vcpu_.begin_stepping(system_);
        const abi::CpuPage& page = guest_.cpu_page(0);
        while (machine::load(page.counters.swaps) == 0) {
            vcpu_.run();
        }
        gate_ = machine::read_nmi_gate(guest_.memory(), vcpu_.sregs(), image_.machine());
    }

    void step(unsigned steps) {
        for (unsigned i = 0; i < steps; ++i) {
            vcpu_.run();
        }
    }

    /// Returns how many instructions its handling took, from NMI entry to before IRET.
    unsigned nmi() {
        const machine::NmiDelivery delivery = machine::deliver_nmi(gate_, vcpu_.step_regs());
        machine::write_frame(guest_.memory(), delivery);
        mask(true);
        vcpu_.set_step_regs(delivery.regs);
        unsigned steps = 0;
        while (kind_at(GuestVirt{vcpu_.step_regs().rip}) != decode::Instruction::Kind::iret) {
            vcpu_.run();
            ++steps;
        }
        vcpu_.set_step_regs(
            machine::return_from_interrupt(guest_.memory(), image_.machine(), vcpu_.step_regs()));
        mask(false);
        return steps;
    }

  private:
    decode::Instruction::Kind kind_at(GuestVirt at) const {
        const auto instruction = decoder_.decode(image_.bytes_at(at), at);
        return instruction ? instruction->kind : decode::Instruction::Kind::other;
    }
    void mask(bool masked) {
        kvm_vcpu_events events = vcpu_.events();
        events.nmi.masked = masked ? 1 : 0;
        vcpu_.set_step_events(events);
    }

    kvm::System system_ = kvm::System::open();
    image::Image image_ = image::embedded("guest_x86_64_none");
    decode::Decoder decoder_{image_.machine()};
    guests::AbiVm guest_;
    kvm::Vcpu& vcpu_;
    machine::NmiGate gate_;
};

/// Instructions of the guest for one NMI, on average over the updater's cycle with every handler.
void nmi_path(benchmark::State& state, bool events) {
    Stepped guest(events);
    std::uint64_t instructions = 0;
    std::uint64_t nmis = 0;
    for (auto _ : state) {
        guest.step(61);
        instructions += guest.nmi();
        ++nmis;
    }
    state.counters["instructions"] = static_cast<double>(instructions) / static_cast<double>(nmis);
}

/// Overlaps a second of a storm of two seconds on two vCPUs.
void overlaps(benchmark::State& state, plan::Injector injector) {
    const kvm::System system = kvm::System::open();
    const image::Image image = image::embedded("guest_x86_64_none");
    plan::RunPlan plan;
    plan.duration = std::chrono::seconds(2);
    plan.injector = injector;
    std::uint64_t overlaps = 0;
    for (auto _ : state) {
        const engines::StormResult result = engines::storm(plan, image, system, {});
        overlaps += result.tally.overlaps;
        state.SetIterationTime(result.duration_s);
        ++plan.seed;
    }
    rate(state, overlaps);
}

/// Events a second that the oracle alone can merge and judge, of a correct guest on so many vCPUs.
void judge(benchmark::State& state) {
    using abi::EventKind;
    plan::RunPlan plan;
    plan.vcpus = static_cast<unsigned>(state.range(0));
    // What is read from the rings at a time.
    constexpr std::size_t chunk = 4096;
    std::vector<std::vector<std::vector<abi::Event>>> chunks;
    std::uint32_t events = 0;
    const oracle::test::History history = oracle::test::correct_history(1, plan.vcpus, 5'000);
    for (const auto& step : history.steps()) {
        if (events % chunk == 0) {
            chunks.emplace_back(std::size_t{plan.vcpus} * abi::rings_per_cpu);
        }
        const auto& event = std::get<guests::Event>(step);
        const bool nmi = event.kind == EventKind::nmi_enter || event.kind == EventKind::nmi_call ||
                         event.kind == EventKind::nmi_leave;
        chunks.back()[event.vcpu * abi::rings_per_cpu + (nmi ? 1 : 0)].push_back(
            {events++, event.kind, event.flags, event.a, event.b});
    }
    std::uint64_t judged = 0;
    for (auto _ : state) {
        oracle::Judge judge(plan.vcpus);
        guests::EventFacts facts(
            plan.vcpus,
            {.fact = [&judge](const oracle::At& at, const oracle::Fact& fact) { judge.take(at, fact); },
             .malformed = [](const std::string&) {}});
        guests::Merge merge(plan.vcpus,
                            {.event = [&facts](const guests::Event& event) { facts.event(event); },
                             .gap = [&judge](std::uint64_t) { judge.take(oracle::Gap{}); },
                             .malformed = [](const std::string&) {}});
        for (const auto& rings : chunks) {
            for (unsigned ring = 0; ring < rings.size(); ++ring) {
                merge.push(ring, rings[ring]);
            }
        }
        merge.finish();
        if (judge.violated() || merge.lost() != 0 || judge.tally().facts != events) {
            state.SkipWithError("the oracle did not judge every event of a correct guest");
            break;
        }
        judged += events;
    }
    rate(state, judged);
}

BENCHMARK_CAPTURE(nmi_path, counters, false)->Iterations(400);
BENCHMARK_CAPTURE(nmi_path, events, true)->Iterations(400);
BENCHMARK(judge)->Arg(2)->Arg(8)->Arg(64)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(overlaps, central, plan::Injector::central)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(overlaps, own, plan::Injector::own)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK(raw_steps)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(explored_steps)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lockstep, counters, plan::Observe::counters)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lockstep, events, plan::Observe::events)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
