// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/explored_guest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "guests/abi/fatal_exit.h"

namespace nmistorm::guests {
namespace {

using decode::Instruction;

constexpr std::uint64_t boot_limit = 20'000'000;   // steps; our guest takes about 10,000
constexpr std::uint32_t longest_run = 20'000;      // steps from one choice point to the next
constexpr std::uint64_t facts_place = 1ULL << 40;  // places of the facts' words in keys, beyond addresses

std::uint32_t work_of(plan::Condition condition) {
    switch (condition) {
        case plan::Condition::busy:
            return abi::work_busy;
        case plan::Condition::preempt_off:
            return abi::work_preempt_disabled;
        case plan::Condition::idle:
            break;
    }
    return abi::work_idle;
}

/// Events are off, since their numbers and places would make states differ by order alone. Dwelling is off,
/// since the TSC does not advance: `long` then behaves like `counting`, with some faults of its own.
AbiParameters parameters(const plan::ExplorePlan& plan, plan::Condition condition) {
    return {.vcpus = plan.vcpus,
            .cycle = plan.cycle,
            .handlers = abi::handler_long,
            .events = false,
            .seed = plan.seed,
            .work = work_of(condition),
            .work_rounds = plan.swaps,
            .published_us = 0,
            .handler_us = 0,
            .work_us = 0};
}

}  // namespace

ExploredGuest::ExploredGuest(const kvm::System& system, const image::Image& image,
                             const plan::ExplorePlan& plan, plan::Condition condition, Stop stop)
    : plan_(plan),
      landmarks_(image),
      guest_(system, image, parameters(plan, condition), std::move(stop)),
      discovered_(std::make_shared<Discovered>(guest_.layout())),
      facts_(plan.vcpus, std::nullopt),
      cpus_(plan.vcpus) {
    boot();
    begin_facts(false);
}

void ExploredGuest::record() {
    restart();
    begin_facts(true);
}

void ExploredGuest::begin_facts(bool record) {
    std::optional<std::uint32_t> dummy;
    if (landmarks_.dummy_callback && landmarks_.nmi_callback) {
        dummy = static_cast<std::uint32_t>(landmarks_.dummy_callback->value);
    }
    facts_ = StepFacts(plan_.vcpus, dummy, record);
    start_ = mark();
}

/// Runs the other vCPUs first: the updater waits for them, and then begins its first swap without
/// waiting.
void ExploredGuest::boot() {
    std::uint64_t steps = 0;
    const auto until = [&](unsigned cpu, auto over) {
        while (!over()) {
            boot_step(cpu);
            if (++steps > boot_limit) {
                throw Error(
                    fmt::format("the guest does not come online: vCPU {} is still at {:#x} after {} steps",
                                cpu, guest_.ip(cpu).value, steps));
            }
        }
    };
    const auto online = [this](unsigned cpu) {
        return machine::load(guest_.page(cpu).state) == abi::CpuState::online;
    };
    for (unsigned cpu = 1; cpu < cpus(); ++cpu) {
        until(cpu, [&] { return online(cpu) && spins(cpu); });
    }
    until(plan::updater_vcpu, [&] { return online(plan::updater_vcpu); });
    guest_.begin();
}

void ExploredGuest::boot_step(unsigned cpu) {
    static const Instruction unknown{};
    const Instruction* next = guest_.next(cpu);
    const Instruction instruction = next != nullptr ? *next : unknown;
    if (!guest_.step(cpu, instruction, guest_.accesses(cpu, instruction))) {
        throw Error(fmt::format("the guest does not come online: vCPU {} stopped with {} at {:#x}", cpu,
                                guest_.exit().name, guest_.ip(cpu).value));
    }
}

bool ExploredGuest::can_run(unsigned cpu) {
    if (cpu == plan::updater_vcpu && !guest_.vcpu(cpu).in_nmi && complete()) {
        return false;
    }
    const Instruction* next = guest_.next(cpu);
    return next == nullptr || next->kind != Instruction::Kind::halt;
}

bool ExploredGuest::spins(unsigned cpu) {
    const Instruction* next = guest_.next(cpu);
    return next != nullptr && next->kind == Instruction::Kind::pause;
}

bool ExploredGuest::complete() const {
    return machine::load(guest_.page(plan::updater_vcpu).counters.swaps) >= plan_.swaps;
}

void ExploredGuest::run(unsigned cpu) {
    for (std::uint32_t i = 0; i < longest_run; ++i) {
        step(cpu);
        if (violated() || is_choice_point(cpu)) {
            return;
        }
    }
}

void ExploredGuest::settle(unsigned cpu) {
    if (!is_choice_point(cpu)) {
        run(cpu);
    }
}

/// ConflictSet says why these are enough. Calls that the oracle must see in every order, although memory does
/// not show them, are choice points too.
bool ExploredGuest::is_choice_point(unsigned cpu) {
    if (plan_.reduction == plan::Reduction::none || !can_run(cpu)) {
        return true;
    }
    const Instruction* next = guest_.next(cpu);
    if (next == nullptr) {
        return false;
    }
    if (next->kind == Instruction::Kind::pause || returns(cpu, *next) ||
        std::ranges::find(landmarks_.functions, std::optional(next->address)) != landmarks_.functions.end()) {
        return true;
    }
    const Accesses accesses = guest_.accesses(cpu, *next);
    return std::any_of(accesses.begin(), accesses.end(), [&](const Access& access) {
        return discovered_->shared.touches(access) || (access.written && is_preempt_count(cpu, access));
    });
}

bool ExploredGuest::is_preempt_count(unsigned cpu, const Access& access) const {
    return landmarks_.preempt_count && !guest_.vcpu(cpu).in_nmi &&
           access.covers(guest_.layout().cpu_page(cpu).value + *landmarks_.preempt_count);
}

void ExploredGuest::step(unsigned cpu) {
    static const Instruction unknown{};
    const Instruction* next = guest_.next(cpu);
    const Instruction instruction = next != nullptr ? *next : unknown;
    const bool in_nmi = guest_.vcpu(cpu).in_nmi;
    const Accesses accesses = guest_.accesses(cpu, instruction);
    const GuestVirt at = guest_.ip(cpu);
    facts_.now_at(at);
    before_step(cpu, accesses);
    const bool returning = returns(cpu, instruction);
    add_step(schedule_, cpu);
    ++discovered_->steps;
    const std::uint64_t place = at.value - image::image_begin.value;  // huge if it is below the image
    if (next != nullptr && place < discovered_->covered.size()) {
        discovered_->covered[place] = true;
    }
    if (!guest_.step(cpu, instruction, accesses)) {
        die(cpu, at);
        return;
    }
    if (returning) {
        returned(cpu, in_nmi);
    }
    after_step(cpu, in_nmi, accesses);
    if (instruction.kind == Instruction::Kind::iret && in_nmi) {
        watch_iret(cpu, guest_.vcpu(cpu).interrupted);
    }
}

void ExploredGuest::die(unsigned cpu, GuestVirt at) {
    for (const auto ring : {abi::RingOf::task, abi::RingOf::nmi}) {
        judge_trip(cpu, ring);  // of the exception that was fatal
    }
    facts_.fatal_exit(fatal_exit(cpu, guest_.exit(), at, guest_.page(cpu)));
}

void ExploredGuest::nmi(unsigned cpu) {
    if (plan_.reduction != plan::Reduction::none) {
        for (const Access& access : guest_.reads_of_delivery(cpu)) {
            discovered_->news |= discovered_->shared.record(cpu * 2 + 1, access);
        }
    }
    facts_.now_at(guest_.ip(cpu));
    guest_.deliver_nmi(cpu);
    ++cpus_[cpu].delivered;
    schedule_.push_back({Move::What::nmi, cpu, 0});
    facts_.nmi_begins(cpu);
}

std::uint32_t ExploredGuest::word(std::uint64_t address) const {
    std::uint32_t value;
    std::memcpy(&value, guest_.memory().span({address}, sizeof(value)).data(), sizeof(value));
    return value;
}

/// The first argument of a function, at its first instruction (System V ABI of x86-64 and of i386).
std::uint32_t ExploredGuest::argument(unsigned cpu) const {
    const kvm_regs& regs = guest_.vcpu(cpu).regs;
    if (guest_.machine() == image::ElfMachine::x86_64) {
        return static_cast<std::uint32_t>(regs.rdi);
    }
    return regs.rsp + 8 <= guest_.memory().size() ? word(regs.rsp + 4) : 0;
}

StateKey ExploredGuest::key() const {
    StateKey key = guest_.key();
    std::uint64_t place = facts_place;
    const auto add = [&key, &place](std::uint64_t word) { key ^= key_of(place++, word); };
    for (const Cpu& cpu : cpus_) {
        add(cpu.delivered);
        add(cpu.loaded | std::uint64_t{cpu.awaits_call} << 32);
        add(cpu.callback_sp);
    }
    facts_.words(add);
    return key;
}

ExploredGuest::Mark ExploredGuest::mark() const {
    return {guest_.mark(), facts_.state(), schedule_.size(), schedule_.empty() ? 0 : schedule_.back().steps,
            cpus_};
}

void ExploredGuest::rewind(const Mark& mark) {
    guest_.rewind(mark.guest);
    facts_.restore(mark.facts);
    cpus_ = mark.cpus;
    schedule_.resize(mark.moves);
    if (!schedule_.empty()) {
        schedule_.back().steps = mark.last_steps;
    }
}

void ExploredGuest::restart() {
    rewind(*start_);
}

void ExploredGuest::deadlock() {
    if (!complete()) {
        livelock(plan::updater_vcpu);
        return;
    }
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        facts_.at_rest(cpu, guest_.ip(cpu), guest_.page(cpu).counters);
    }
    facts_.now_at(guest_.ip(plan::updater_vcpu));
    facts_.at_rest_with_blocks();
}

void ExploredGuest::livelock(unsigned cpu) {
    facts_.stands_still(cpu, guest_.ip(cpu));
}

}  // namespace nmistorm::guests
