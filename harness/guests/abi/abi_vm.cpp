// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/abi_vm.h"

#include <algorithm>
#include <limits>

#include "guests/abi/boot_i386.h"
#include "guests/abi/boot_x86_64.h"

namespace nmistorm::guests {
namespace {

std::uint32_t low(GuestPhys address) {
    return static_cast<std::uint32_t>(address.value);
}

constexpr std::uint64_t apic_base_x2apic = 0xc00;  // EN and EXTD (SDM 3A, figure 11-26)

bool has_x2apic(const kvm::System& system) {
    constexpr std::uint32_t x2apic = 1U << 21;  // CPUID.01H:ECX
    const auto cpuid = system.supported_cpuid();
    return std::ranges::any_of(cpuid, [](const kvm_cpuid_entry2& entry) {
        return entry.function == 1 && (entry.ecx & x2apic) != 0;
    });
}

}  // namespace

AbiVm::AbiVm(const kvm::System& system, const image::Image& image, const AbiParameters& parameters)
    : layout_(make_layout(parameters.vcpus, image.segments())), vm_(system, parameters.vcpus, layout_.size) {
    load(image);
    image.machine() == image::ElfMachine::i386 ? i386::write_tables(memory(), layout_)
                                               : x86_64::write_tables(memory(), layout_);
    set_start_state(image, parameters.interrupts);
    enable_ipis(system, image, parameters.ipis);
    write_boot(parameters);
}

/// All local APICs are in xAPIC mode so far, as after a reset.
void AbiVm::enable_ipis(const kvm::System& system, const image::Image& image, abi::Ipis ipis) {
    if (ipis == abi::Ipis::xapic) {
        image.machine() == image::ElfMachine::i386 ? i386::map_xapic(memory(), layout_)
                                                   : x86_64::map_xapic(memory(), layout_);
    } else if (ipis == abi::Ipis::x2apic && has_x2apic(system)) {
        for (kvm::Vcpu& vcpu : vcpus()) {
            kvm_sregs sregs = vcpu.sregs();
            sregs.apic_base |= apic_base_x2apic;
            vcpu.set_sregs(sregs);
        }
    } else {
        return;
    }
    ipis_ = ipis;
}

void AbiVm::load(const image::Image& image) const {
    for (const image::Segment& segment : image.segments()) {
        std::ranges::copy(segment.bytes, memory().span(segment.address, segment.size).begin());
    }
}

void AbiVm::set_start_state(const image::Image& image, bool interrupts) {
    for (unsigned cpu = 0; cpu < layout_.vcpus; ++cpu) {
        kvm::Vcpu& vcpu = vcpus()[cpu];
        image.machine() == image::ElfMachine::i386
            ? i386::set_start_state(vcpu, cpu, image.entry(), layout_, interrupts)
            : x86_64::set_start_state(vcpu, cpu, image.entry(), layout_, interrupts);
        vcpu.set_mp_state(KVM_MP_STATE_RUNNABLE);  // without INIT and SIPI: all start at the entry point
    }
}

abi::CpuPage& AbiVm::cpu_page(unsigned cpu) const {
    return memory().at<abi::CpuPage>(layout_.cpu_page(cpu));
}

void AbiVm::ask_to_finish() const {
    machine::store(memory().at<abi::Boot>(layout_.boot).stop, 1U);
}

void AbiVm::write_boot(const AbiParameters& parameters) {
    const auto ticks = [this](std::uint32_t microseconds) {
        constexpr std::uint64_t assumed_khz = 1'000'000;  // if KVM does not tell it; dwells are then rough
        const std::uint64_t khz = vm_.tsc_khz() != 0 ? vm_.tsc_khz() : assumed_khz;
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>(microseconds * khz / 1000, std::numeric_limits<std::uint32_t>::max()));
    };
    auto& boot = memory().at<abi::Boot>(layout_.boot);
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
    boot.ipis = ipis_;
}

}  // namespace nmistorm::guests
