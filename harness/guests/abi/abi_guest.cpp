// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/abi_guest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "guests/abi/fatal_exit.h"
#include "guests/kinds.h"

namespace nmistorm::guests {
namespace {

using machine::load;

constexpr std::size_t malformed_max = 16;
constexpr std::array both_rings = {abi::RingOf::task, abi::RingOf::nmi};

abi::Ipis ipis(const plan::RunPlan& plan) {
    if (std::ranges::find(plan.sources, plan::Source::ipi) == plan.sources.end()) {
        return abi::Ipis::none;
    }
    return plan.apic == plan::Apic::xapic ? abi::Ipis::xapic : abi::Ipis::x2apic;
}

std::unique_ptr<Guest> boot(const kvm::System& system, const image::Image& image, const plan::RunPlan& plan) {
    return std::make_unique<AbiGuest>(
        system, image,
        AbiParameters{.vcpus = plan.vcpus,
                      .cycle = plan.cycle,
                      .handlers = plan.handlers,
                      .events = plan.observe == plan::Observe::events,
                      .seed = static_cast<std::uint32_t>(plan.seed ^ plan.seed >> 32),
                      .hotplug = plan.hotplug,
                      .work = plan.work,
                      .ipis = ipis(plan),
                      .interrupts = !plan.interrupts_off});
}

std::vector<oracle::Limit> limits(const plan::RunPlan& plan) {
    using oracle::Rule;
    if (plan.observe == plan::Observe::events) {
        return {};
    }
    const std::string no_events = "--observe counters has no events";
    const std::string tripwires = "--observe counters has no events but those of tripwires";
    std::vector<oracle::Limit> limits = {
        {Rule::count, true, no_events},          {Rule::grace_period, false, no_events},
        {Rule::freshness, false, no_events},     {Rule::allocation, false, no_events},
        {Rule::reclaim, true, tripwires},        {Rule::publish, true, tripwires},
        {Rule::data, true, tripwires},           {Rule::nesting, true, tripwires},
        {Rule::abi_conformance, true, tripwires}};
    if (plan.hotplug) {
        limits.push_back({Rule::coverage, true, no_events});
    }
    return limits;
}

bool takes(const image::Image& image) {
    const auto version = image.abi_version();
    if (version && *version != abi::version) {
        throw UsageError(fmt::format(
            "{}: made for ABI version {}, but this nmistorm speaks {}: build the image again with the "
            "headers of this version",
            image.name(), *version, abi::version));
    }
    return version.has_value();
}

}  // namespace

const GuestKind abi_kind = {.takes = takes, .boot = boot, .limits = limits};

AbiGuest::AbiGuest(std::shared_ptr<AbiVm> vm)
    : vm_(std::move(vm)),
      ipis_wanted_(vcpus()),
      counters_(vcpus()),
      facts_(vcpus(),
             {.fact = [this](const oracle::At& at, const oracle::Fact& fact) { output_.fact(at, fact); },
              .malformed = [this](std::string sentence) { complain(std::move(sentence)); }}),
      merge_(vcpus(), {.event = [this](const Event& event) { facts_.event(event); },
                       .gap =
                           [this](std::uint64_t) {
                               facts_.gap();
                               output_.gap();
                           },
                       .malformed = [this](std::string sentence) { complain(std::move(sentence)); }}) {
    const Layout& layout = vm_->layout();
    const machine::GuestMemory& memory = vm_->memory();
    for (unsigned cpu = 0; cpu < vcpus(); ++cpu) {
        abi::CpuPage& page = vm_->cpu_page(cpu);
        pages_.push_back(&page);
        for (const auto which : both_rings) {
            rings_.emplace_back(page.rings[static_cast<unsigned>(which)],
                                memory.array<abi::Event>(layout.ring(cpu, which), layout.ring_events));
        }
        sample_rings_.emplace_back(page.samples,
                                   memory.array<std::uint32_t>(layout.samples_of(cpu), Layout::sample_slots));
    }
}

bool AbiGuest::online(unsigned cpu) const {
    return load(pages_[cpu]->state) != abi::CpuState::offline;
}

oracle::NmiCounts AbiGuest::nmis(unsigned cpu) const {
    const abi::Counters& counters = pages_[cpu]->counters;
    const std::uint32_t exits = load(counters.nmi_exits);  // first, so that they never lead
    return {.entries = load(counters.nmi_entries), .exits = exits};
}

void AbiGuest::want_ipi(unsigned cpu) {
    machine::store(pages_[cpu]->ipis_wanted, ipis_wanted_[cpu].fetch_add(1) + 1);
}

/// A guest that says it has sent more than was wanted has sent all.
std::uint32_t AbiGuest::ipis_under_way(unsigned cpu) const {
    const std::uint32_t sent = load(pages_[cpu]->ipis_sent);
    const auto left = static_cast<std::int32_t>(ipis_wanted_[cpu].load() - sent);
    return static_cast<std::uint32_t>(std::max(left, 0));
}

Work AbiGuest::work() const {
    const abi::Counters& updater = pages_[plan::updater_vcpu]->counters;
    return {.swaps = load(updater.swaps), .overlaps = load(updater.overlaps)};
}

/// A guest that moves its head without reason does not wait: the next reading tells.
bool AbiGuest::must_wait(unsigned cpu) const {
    const std::uint32_t size = vm_->layout().ring_events;
    return std::ranges::any_of(both_rings, [&](abi::RingOf which) {
        const std::uint32_t unread = rings_[index(cpu, which)].unread();
        return unread > size / 2 && unread <= size;
    });
}

bool AbiGuest::finished() const {
    return load(pages_[plan::updater_vcpu]->state) == abi::CpuState::done;
}

void AbiGuest::tell(Output output) {
    output_ = std::move(output);
}

void AbiGuest::read_facts() {
    for (unsigned cpu = 0; cpu < vcpus(); ++cpu) {
        for (const auto which : both_rings) {
            read_ring(cpu, which);
        }
        read_samples(cpu);
    }
}

void AbiGuest::read_ring(unsigned cpu, abi::RingOf which) {
    EventReader& ring = rings_[index(cpu, which)];
    events_.clear();
    if (!ring.drain(events_)) {
        complain(fmt::format("vCPU {}: the head of its {} ring moved by more than the ring holds", cpu,
                             which == abi::RingOf::nmi ? "NMI" : "task"));
    }
    merge_.set_lost(static_cast<unsigned>(index(cpu, which)), ring.lost());
    merge_.push(static_cast<unsigned>(index(cpu, which)), events_);
}

void AbiGuest::read_samples(unsigned cpu) {
    samples_.clear();
    if (!sample_rings_[cpu].drain(samples_)) {
        complain(fmt::format("vCPU {}: the head of its samples moved by more than their buffer holds", cpu));
    }
    profile_.add(samples_);
}

void AbiGuest::read_counters() {
    for (unsigned cpu = 0; cpu < vcpus(); ++cpu) {
        if (const auto wrong = counters_[cpu].read(pages_[cpu]->counters)) {
            complain(fmt::format("vCPU {}: {}", cpu, *wrong));
        }
        output_.sample({cpu, counters(cpu)});
    }
}

void AbiGuest::finish() {
    read_facts();
    merge_.finish();
    read_counters();
}

std::uint64_t AbiGuest::samples_lost() const {
    std::uint64_t lost = 0;
    for (const SampleReader& each : sample_rings_) {
        lost += each.lost();
    }
    return lost;
}

oracle::FatalExit AbiGuest::fatal_exit(unsigned cpu, const machine::Exit& exit, GuestVirt ip) const {
    return guests::fatal_exit(cpu, exit, ip, *pages_[cpu]);
}

void AbiGuest::complain(std::string sentence) {
    if (malformed_.size() < malformed_max) {
        malformed_.push_back(std::move(sentence));
    }
}

}  // namespace nmistorm::guests
