// SPDX-License-Identifier: GPL-2.0-or-later
// What the instructions of an explored guest tell the oracle.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "guests/stepped/explored_guest.h"

namespace nmistorm::guests {
namespace {

using decode::Instruction;
using oracle::fact::NmiReturned;

constexpr std::uint32_t preempt_mask = 0xfffff;  // the bits of preempt_count that are not for NMIs

/// The numbers of the general registers of kvm_regs, in its order, in the instruction encoding.
constexpr std::uint8_t register_numbers[] = {0, 3, 1, 2, 6, 7, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};

/// What differs between @p now and @p before.
NmiReturned returned_with(const kvm_regs& before, const kvm_regs& now) {
    if (now.rip != before.rip) {
        return {NmiReturned::Changed::ip, 0, now.rip, before.rip};
    }
    const auto* was = reinterpret_cast<const std::uint64_t*>(&before);
    const auto* is = reinterpret_cast<const std::uint64_t*>(&now);
    for (std::size_t i = 0; i < std::size(register_numbers); ++i) {
        if (was[i] != is[i]) {
            return {NmiReturned::Changed::general_register, register_numbers[i], is[i], was[i]};
        }
    }
    constexpr std::uint64_t of_stepping = 0x10100;  // TF and RF (SDM 1, 3.4.3)
    if (((now.rflags ^ before.rflags) & ~of_stepping) != 0) {
        return {NmiReturned::Changed::flags, 0, now.rflags, before.rflags};
    }
    return {};
}

}  // namespace

void ExploredGuest::before_step(unsigned cpu, const Accesses& accesses) {
    watch_call(cpu);
    for (const Access& access : accesses) {
        watch_access(cpu, access);
    }
}

void ExploredGuest::watch_access(unsigned cpu, const Access& access) {
    const bool in_nmi = guest_.vcpu(cpu).in_nmi;
    if (plan_.reduction != plan::Reduction::none) {
        const unsigned actor = cpu * 2 + (in_nmi && !guest_.on_own_stack(cpu, access) ? 1 : 0);
        discovered_->news |= discovered_->shared.record(actor, access);
    }
    if (in_nmi && access.read && landmarks_.nmi_callback && access.covers(landmarks_.nmi_callback->value)) {
        Cpu& self = cpus_[cpu];
        self.loaded = word(landmarks_.nmi_callback->value);
        self.awaits_call = true;
        facts_.loads_callback(cpu, self.loaded, guest_.page(cpu).counters.nmi_count);
    }
    const std::uint64_t arena = guest_.layout().arena.value;
    if (access.address >= arena && access.address - arena < Layout::arena_size) {
        facts_.touches({cpu, in_nmi}, static_cast<std::uint32_t>(access.address),
                       static_cast<std::uint32_t>(access.size), access.written);
    }
}

void ExploredGuest::after_step(unsigned cpu, bool in_nmi, const Accesses& accesses) {
    for (const Access& access : accesses) {
        if (access.written) {
            watch_preempt_count(cpu, access);
            watch_trip(cpu, access);
        }
    }
    if (in_nmi) {
        watch_callback(cpu);
    }
}

void ExploredGuest::watch_preempt_count(unsigned cpu, const Access& access) {
    if (is_preempt_count(cpu, access)) {
        const std::uint64_t address = guest_.layout().cpu_page(cpu).value + *landmarks_.preempt_count;
        facts_.reader(cpu, (word(address) & preempt_mask) != 0);
    }
}

void ExploredGuest::watch_trip(unsigned cpu, const Access& access) {
    const std::uint64_t rings = guest_.layout().cpu_page(cpu).value + offsetof(abi::CpuPage, rings);
    for (const auto ring : {abi::RingOf::task, abi::RingOf::nmi}) {
        if (access.covers(rings + static_cast<unsigned>(ring) * sizeof(abi::RingControl))) {
            judge_trip(cpu, ring);
        }
    }
}

/// Events are off, so only trips are written to a ring.
void ExploredGuest::judge_trip(unsigned cpu, abi::RingOf ring) {
    const std::uint32_t head = machine::load(guest_.page(cpu).rings[static_cast<unsigned>(ring)].head);
    const abi::Event& last = guest_.memory().array<abi::Event>(
        guest_.layout().ring(cpu, ring),
        guest_.layout().ring_events)[(head - 1) % guest_.layout().ring_events];
    if (head != 0 && last.kind == abi::EventKind::trip) {
        facts_.trips({cpu, ring == abi::RingOf::nmi}, last.flags, last.a, last.b);
    }
}

/// The next instruction is the first of a watched function, so report the call now: others can then act both
/// before and after it.
void ExploredGuest::watch_call(unsigned cpu) {
    const std::uint64_t ip = guest_.ip(cpu).value;
    const bool in_nmi = guest_.vcpu(cpu).in_nmi;
    for (std::size_t i = 0; i < landmarks_.functions.size(); ++i) {
        if (landmarks_.functions[i] && landmarks_.functions[i]->value == ip) {
            const auto function = static_cast<TracedFunction>(i);
            cpus_[cpu].calls[in_nmi ? 1 : 0].push_back({function, guest_.vcpu(cpu).regs.rsp});
            std::optional<std::uint32_t> generation;
            if (function == TracedFunction::kfree && landmarks_.generation) {
                generation = word(argument(cpu) + *landmarks_.generation);
            }
            facts_.calls({cpu, in_nmi}, function, argument(cpu), generation);
        }
    }
}

/// The instruction returns from a watched function or from the callback.
bool ExploredGuest::returns(unsigned cpu, const Instruction& instruction) const {
    if (instruction.kind != Instruction::Kind::ret) {
        return false;
    }
    const VcpuState& vcpu = guest_.vcpu(cpu);
    const auto& calls = cpus_[cpu].calls[vcpu.in_nmi ? 1 : 0];
    return (calls.size() != 0 && (calls.end() - 1)->sp == vcpu.regs.rsp) ||
           (vcpu.in_nmi && cpus_[cpu].callback_sp == vcpu.regs.rsp);
}

/// Ends all calls whose frame is gone: a function that was jumped to ends with the one that jumped.
void ExploredGuest::returned(unsigned cpu, bool in_nmi) {
    auto& calls = cpus_[cpu].calls[in_nmi ? 1 : 0];
    const kvm_regs& regs = guest_.vcpu(cpu).regs;
    while (calls.size() != 0 && (calls.end() - 1)->sp < regs.rsp) {
        const TracedFunction function = (calls.end() - 1)->function;
        calls.pop_back();
        facts_.returns({cpu, in_nmi}, function, static_cast<std::uint32_t>(regs.rax));
    }
}

void ExploredGuest::watch_callback(unsigned cpu) {
    Cpu& self = cpus_[cpu];
    const kvm_regs& regs = guest_.vcpu(cpu).regs;
    if (self.awaits_call && static_cast<std::uint32_t>(regs.rip) == self.loaded) {
        self.awaits_call = false;
        self.callback_sp = regs.rsp;
        facts_.enters_callback(cpu, self.loaded);
    } else if (self.callback_sp != 0 && regs.rsp > self.callback_sp) {
        self.callback_sp = 0;
        facts_.leaves_callback(cpu);
    }
}

void ExploredGuest::watch_iret(unsigned cpu, const kvm_regs& interrupted) {
    Cpu& self = cpus_[cpu];
    self.awaits_call = false;
    self.callback_sp = 0;
    self.calls[1].clear();
    facts_.nmi_ends(cpu, returned_with(interrupted, guest_.vcpu(cpu).regs));
}

std::vector<NamedWord> ExploredGuest::telling_words(const image::Image& image) const {
    std::vector<NamedWord> words;
    if (landmarks_.nmi_callback) {
        words.push_back({"nmi_callback", landmarks_.nmi_callback->value});
    }
    for (const char* member : {"rcu.dynticks", "rcu.nmi_nesting", "rcu.qs_count", "preempt_count"}) {
        const auto offset = image.member_offset("percpu", member);
        for (unsigned cpu = 0; offset && cpu < cpus(); ++cpu) {
            words.push_back(
                {fmt::format("vCPU {}'s {}", cpu, member), guest_.layout().cpu_page(cpu).value + *offset});
        }
    }
    return words;
}

bool ExploredGuest::is_telling(unsigned cpu, const Access& access) const {
    const Layout& layout = guest_.layout();
    const bool published = landmarks_.nmi_callback && landmarks_.nmi_callback->value == access.address;
    const bool others = access.address >= layout.cpu_pages.value && access.address < layout.stacks.value &&
                        access.address / page_size != layout.cpu_page(cpu).value / page_size;
    return published || others || (guest_.vcpu(cpu).in_nmi && access.address >= layout.arena.value);
}

Extent extent_of(unsigned vcpus, const image::Image& image) {
    const Layout layout = make_layout(vcpus, image.segments());
    return {layout.size, image::image_begin.value, layout.boot.value};
}

}  // namespace nmistorm::guests
