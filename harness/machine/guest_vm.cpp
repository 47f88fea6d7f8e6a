// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_vm.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "machine/boot_i386.h"
#include "machine/boot_x86_64.h"
#include "machine/cpuid.h"

namespace nmistorm::machine {
namespace {

std::uint32_t low(GuestPhys address) {
    return static_cast<std::uint32_t>(address.value);
}

const kvm::System& checked(const kvm::System& system, unsigned vcpus) {
    if (vcpus > system.max_vcpus()) {
        throw HostCannot(fmt::format("this host's KVM has at most {} vCPUs: ask for no more with --vcpus",
                                     system.max_vcpus()));
    }
    return system;
}

}  // namespace

GuestVm::GuestVm(const kvm::System& system, const image::Image& image, const GuestParameters& parameters)
    : layout_(make_layout(parameters.vcpus, image.segments())),
      memory_(layout_.size),
      vm_(checked(system, parameters.vcpus)) {
    vm_.set_memory(0, GuestPhys{0}, memory_.all());
    load(image);
    image.machine() == image::ElfMachine::i386 ? i386::write_tables(memory_, layout_)
                                               : x86_64::write_tables(memory_, layout_);
    create_vcpus(system, image);
    write_boot(parameters);
}

void GuestVm::load(const image::Image& image) {
    for (const image::Segment& segment : image.segments()) {
        std::ranges::copy(segment.bytes, memory_.span(segment.address, segment.size).begin());
    }
}

void GuestVm::create_vcpus(const kvm::System& system, const image::Image& image) {
    const auto cpuid = system.supported_cpuid();
    for (unsigned cpu = 0; cpu < layout_.vcpus; ++cpu) {
        kvm::Vcpu vcpu = vm_.create_vcpu(cpu);
        vcpu.set_cpuid(cpuid_for(cpuid, cpu));
        image.machine() == image::ElfMachine::i386
            ? i386::set_start_state(vcpu, cpu, image.entry(), layout_)
            : x86_64::set_start_state(vcpu, cpu, image.entry(), layout_);
        vcpu.set_mp_state(KVM_MP_STATE_RUNNABLE);  // without INIT and SIPI: all start at the entry point
        tsc_khz_ = vcpu.tsc_khz();
        vcpus_.push_back(std::move(vcpu));
    }
}

void GuestVm::write_boot(const GuestParameters& parameters) {
    const auto ticks = [this](std::uint32_t microseconds) {
        constexpr std::uint64_t assumed_khz = 1'000'000;  // if KVM does not tell it; dwells are then rough
        const std::uint64_t khz = tsc_khz_ != 0 ? tsc_khz_ : assumed_khz;
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>(microseconds * khz / 1000, std::numeric_limits<std::uint32_t>::max()));
    };
    auto& boot = memory_.at<abi::Boot>(layout_.boot);
    boot.magic = abi::magic;
    boot.version = abi::version;
    boot.nr_cpus = layout_.vcpus;
    boot.cycle = parameters.cycle;
    boot.handlers = parameters.handlers;
    boot.events = parameters.events ? 1 : 0;
    boot.seed = parameters.seed;
    boot.dwell_published = ticks(parameters.published_us);
    boot.dwell_handler = ticks(parameters.handler_us);
    boot.dwell_work = ticks(parameters.work_us);
    boot.cpu_pages = low(layout_.cpu_pages);
    boot.rings = low(layout_.rings);
    boot.ring_events = layout_.ring_events;
    boot.arena = low(layout_.arena);
    boot.arena_size = Layout::arena_size;
    boot.tss = low(layout_.tss(0));
    boot.samples = low(layout_.samples);
    boot.sample_slots = Layout::sample_slots;
    boot.hotplug = parameters.hotplug ? 1 : 0;
    boot.work = parameters.work;
    boot.work_rounds = parameters.work_rounds;
}

}  // namespace nmistorm::machine
