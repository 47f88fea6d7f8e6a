// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/lab.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "machine/exit.h"
#include "machine/guest_memory.h"
#include "machine/segment.h"
#include "sources/nmi_message.h"

namespace nmistorm::conform {
namespace {

using namespace std::chrono_literals;
using kvm::StatePart;
using model::Event;

/// A guest takes some microseconds to its next stop; nested, some hundred. A slice is long enough that a kick
/// hardly ever meets one that runs, and short enough that one that sleeps is soon seen to.
constexpr auto slice = 3ms;
constexpr unsigned most_slices = 300;
/// Slices in a row after which a vCPU is halted, before it is taken to sleep: a kick may come between HLT
/// and where KVM looks for what ends it, on a busy host again and again. So with an NMI that should end it
/// it takes many.
constexpr unsigned asleep_after = 3;
constexpr unsigned asleep_with_nmi_after = 30;

constexpr std::uint64_t apic_x2apic = 0xc00;  // IA32_APIC_BASE: enabled, in x2APIC mode (SDM 3A 11.12.1)
constexpr std::uint64_t dr6_clear = 0xffff0ff0;
constexpr std::uint64_t dr6_bs = 0x4000;

/// The tables of GuestCode, with paging.
kvm_sregs start_sregs(kvm_sregs sregs, plan::Arch arch, bool apic) {
    constexpr std::uint8_t code = 0xb;
    constexpr std::uint8_t data = 0x3;
    const bool wide = arch == plan::Arch::x86_64;
    sregs.cs = machine::flat_segment(8, code);
    sregs.cs.l = wide ? 1 : 0;
    sregs.cs.db = wide ? 0 : 1;
    sregs.ds = machine::flat_segment(0x10, data);
    sregs.ds.db = 1;
    sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.ds;
    sregs.tr = {};
    sregs.tr.base = layout::tss;
    sregs.tr.limit = 0x67;
    sregs.tr.selector = 0x18;
    sregs.tr.type = 0xb;
    sregs.tr.present = 1;
    sregs.ldt = {};
    sregs.ldt.unusable = 1;
    sregs.gdt = {.base = layout::gdt, .limit = 0x17, .padding = {}};
    sregs.idt = {
        .base = layout::idt, .limit = static_cast<std::uint16_t>(32 * (wide ? 16 : 8) - 1), .padding = {}};
    sregs.cr0 = 0x80000031;  // PG, NE, ET, PE
    sregs.cr3 = layout::page_tables;
    sregs.cr4 = wide ? 0x20 : 0;    // PAE
    sregs.efer = wide ? 0x500 : 0;  // LMA, LME
    sregs.apic_base |= apic ? apic_x2apic : 0;
    return sregs;
}

kvm_regs start_regs(const GuestCode& code) {
    kvm_regs regs{};
    regs.rip = code.rip();
    regs.rsp = code.rsp();
    regs.rflags = code.rflags();
    regs.rax = 0x400;  // of self_nmi: delivery mode NMI to the APIC 0, by the ICR
    regs.rcx = 0x830;
    regs.rbx = 0x10;  // of mov_ss
    return regs;
}

}  // namespace

Lab::Lab(const kvm::System& system, plan::Arch arch, kvm::Irqchip irqchip)
    : arch_(arch),
      irqchip_(irqchip),
      vm_(system, 1, layout::size, irqchip),
      msr_indices_(system.msr_indices()) {
    kicked_.emplace(vcpu());
    warm_up();
}

// --- making VMs

void Lab::renew() {
    other_.reset();
    enter(vm_.make_fresh());
    other_.reset();
    ++vms_;
    warm_up();
}

void Lab::move_to_other() {
    const bool made = !other_;
    enter(made ? vm_.make_fresh() : std::move(*other_));
    if (made) {
        ++vms_;
        warm_up();
    }
}

/// The one before is then `other_`.
void Lab::enter(machine::GuestVm::Contents contents) {
    kicked_.reset();
    other_.emplace(vm_.exchange(std::move(contents)));
    kicked_.emplace(vcpu());
}

/// What nested paging has not mapped would make the delivery of an NMI fault, and QEMU's TCG loses such an
/// NMI. A KVM without hardware merges two NMIs that it has before its vCPU's first run.
void Lab::warm_up() {
    std::vector<std::byte> memory(vm_.memory().all().begin(), vm_.memory().all().end());
    Running interrupted = std::exchange(running_, {});
    const model::Scenario scenario = warm_up_scenario();
    clean_ = {};
    vcpu().set_sregs(start_sregs(vcpu().sregs(), arch_, has_apic()));
    clean_ = save({StatePart::sregs, StatePart::mp_state, StatePart::debug_regs, StatePart::events});
    running_.code.emplace(arch_, scenario, true);
    write(*running_.code);
    vcpu().set_regs(start_regs(*running_.code));
    death_.clear();
    const model::Trace trace = run_to_end(scenario);
    if (trace.size() != 2 || trace.front().kind != Event::Kind::nmi ||
        trace.back().kind != Event::Kind::end) {
        const std::string how = fmt::format("{}{}", to_string(trace), death_.empty() ? "" : ", " + death_);
        if (warmed_up_) {
            throw Error(fmt::format("a vCPU of a fresh VM does not what that of the first did: {}", how));
        }
        throw HostCannot(fmt::format("a guest of this kind does not run on this KVM: {}", how));
    }
    warmed_up_ = true;
    running_ = std::move(interrupted);
    std::memcpy(vm_.memory().all().data(), memory.data(), memory.size());
}

void Lab::write(const GuestCode& code) {
    std::memcpy(vm_.memory().span({0}, code.memory().size()).data(), code.memory().data(),
                code.memory().size());
}

/// The page is given back, which takes it out of the nested page tables, too; what it holds stays.
void Lab::touch_no_more(std::uint64_t page) {
    const std::span<std::byte> bytes = vm_.memory().span({page}, layout::page);
    const std::vector<std::byte> held(bytes.begin(), bytes.end());
    if (madvise(bytes.data(), bytes.size(), MADV_DONTNEED) != 0) {
        throw_errno("madvise", errno);
    }
    std::memcpy(bytes.data(), held.data(), held.size());
}

void Lab::reset(const model::Scenario& scenario) {
    if (std::exchange(discarded_, false)) {
        renew();
    }
    running_ = {};
    running_.code.emplace(arch_, scenario);
    write(*running_.code);
    for (std::size_t i = 0; i < scenario.body.size(); ++i) {
        if (scenario.body[i] == model::Op::pushf) {
            running_.unread_flags.push_back(i);
        }
    }
    const model::Start& start = scenario.start;
    if (start.untouched == model::Untouched::idt) {
        touch_no_more(layout::idt);
    } else if (start.untouched == model::Untouched::stack) {
        touch_no_more(layout::other_stack);
    }
    kvm::VcpuState state = clean_;
    state.regs = start_regs(*running_.code);
    state.debug_regs.dr6 = dr6_clear;
    state.mp_state.mp_state = start.waiting ? KVM_MP_STATE_INIT_RECEIVED : KVM_MP_STATE_RUNNABLE;
    const bool tells_shadows = (clean_.events.flags & KVM_VCPUEVENT_VALID_SHADOW) != 0;
    if ((start.shadow_sti || start.shadow_ss) && !tells_shadows) {
        throw HostCannot("this KVM tells of no interrupt shadow");
    }
    state.events = {};
    state.events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | (tells_shadows ? KVM_VCPUEVENT_VALID_SHADOW : 0U);
    state.events.nmi.masked = start.masked ? 1 : 0;
    state.events.interrupt.shadow = start.shadow_sti  ? KVM_X86_SHADOW_INT_STI
                                    : start.shadow_ss ? KVM_X86_SHADOW_INT_MOV_SS
                                                      : 0;
    restore(
        {StatePart::regs, StatePart::sregs, StatePart::mp_state, StatePart::debug_regs, StatePart::events},
        state);
}

// --- what the host does at a stop

void Lab::act(const model::Scenario& scenario, model::Trace& trace) {
    if (running_.next_action == scenario.actions.size()) {
        return;
    }
    const model::Action& action = scenario.actions[running_.next_action++];
    if (action.nmis != 0) {
        make_pending(action);
    }
    if (action.start) {
        vcpu().set_mp_state(KVM_MP_STATE_RUNNABLE);
    }
    if (action.between != model::Between::none) {
        trace.push_back(look(Event::Kind::look));
        save_and_restore(action.between);
    }
}

void Lab::make_pending(const model::Action& action) {
    switch (action.by) {
        case model::By::kvm_nmi:
            for (unsigned i = 0; i < action.nmis; ++i) {
                vcpu().nmi();
            }
            break;
        case model::By::events: {
            kvm_vcpu_events events = vcpu().events();
            events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
            events.nmi.pending = static_cast<std::uint8_t>(action.nmis);
            vcpu().set_events(events);
            break;
        }
        case model::By::msi:
            for (unsigned i = 0; i < action.nmis; ++i) {
                vm_.kvm().signal_msi(sources::nmi_message(0));
            }
            break;
    }
}

Event Lab::look(Event::Kind kind) {
    const kvm_vcpu_events events = vcpu().events();
    const unsigned injected = events.nmi.injected != 0 ? 1 : 0;  // not yet in the guest: it waits as well
    return {.kind = kind,
            .pending = events.nmi.pending + injected,
            .masked = events.nmi.masked != 0,
            .shadow = kind == Event::Kind::look && events.interrupt.shadow != 0};
}

void Lab::save_and_restore(model::Between between) {
    const kvm::StateOrder& order = kvm::right_order();
    if (between == model::Between::same) {
        const auto parts = {StatePart::mp_state, StatePart::regs, StatePart::sregs, StatePart::debug_regs,
                            StatePart::events};
        const kvm::VcpuState state = save(parts);
        restore({StatePart::regs, StatePart::sregs, StatePart::mp_state, StatePart::debug_regs,
                 StatePart::events},
                state);
    } else if (between == model::Between::fresh) {
        const kvm::VcpuState state = save(parts_of(order.save));
        move_to_other();
        restore(parts_of(order.restore), state);
    }
}

std::vector<StatePart> Lab::parts_of(std::vector<StatePart> order) const {
    if (!has_apic()) {
        std::erase(order, StatePart::lapic);
    }
    return order;
}

kvm::VcpuState Lab::save(const std::vector<StatePart>& parts) {
    kvm::VcpuState state;
    for (const StatePart part : parts) {
        vcpu().save(part, msr_indices_, state);
    }
    return state;
}

void Lab::restore(const std::vector<StatePart>& parts, const kvm::VcpuState& state) {
    for (const StatePart part : parts) {
        vcpu().restore(part, state);
    }
}

// --- running the guest

model::Trace Lab::run(const model::Scenario& scenario) {
    death_.clear();
    reset(scenario);
    return run_to_end(scenario);
}

model::Trace Lab::run_to_end(const model::Scenario& scenario) {
    model::Trace trace;
    act(scenario, trace);
    unsigned slices = 0;
    unsigned asleep = 0;
    while (true) {
        const Ran ran = run_slice();
        if (ran == Ran::on) {
            asleep = sleeps() ? asleep + 1 : 0;
            if (asleep < asleep_after || (asleep < asleep_with_nmi_after && nmi_is_due())) {
                if (++slices == most_slices) {
                    end_badly(trace, Event::Kind::stuck);
                    return trace;
                }
                continue;
            }
        }
        asleep = 0;
        if (ran == Ran::dead || !drain(trace)) {
            end_badly(trace, Event::Kind::died);
            return trace;
        }
        if (ran == Ran::end) {
            trace.push_back(look(Event::Kind::end));
            return trace;
        }
        if (ran != Ran::stop) {
            trace.push_back({.kind = Event::Kind::asleep});
            if (running_.next_action == scenario.actions.size()) {
                return trace;
            }
        }
        act(scenario, trace);
    }
}

void Lab::end_badly(model::Trace& trace, Event::Kind kind) {
    drain(trace);
    trace.push_back({.kind = kind});
    discard();
}

Lab::Ran Lab::run_slice() {
    if (running_.halted_outside) {
        if (!nmi_is_due()) {
            return Ran::halted;
        }
        running_.halted_outside = false;
    }
    vcpu().clear_kick();
    timer_.set(slice);
    if (!vcpu().run()) {
        return Ran::on;
    }
    const kvm_run& run = vcpu().state();
    if (run.exit_reason == KVM_EXIT_IO && run.io.direction == KVM_EXIT_IO_OUT &&
        (run.io.port == stop_port || run.io.port == end_port)) {
        const bool stop = run.io.port == stop_port;
        complete_exit();
        return stop ? Ran::stop : Ran::end;
    }
    if (run.exit_reason == KVM_EXIT_HLT && !has_apic()) {
        running_.halted_outside = true;
        return run_slice();
    }
    death_ = machine::describe_exit(run).name;
    return Ran::dead;
}

/// An OUT is over only when KVM_RUN is called again (api.rst, KVM_RUN); with immediate_exit no more happens.
void Lab::complete_exit() {
    vcpu().kick();
    vcpu().run();
}

bool Lab::sleeps() {
    const unsigned state = vcpu().mp_state();
    return state == KVM_MP_STATE_HALTED || state == KVM_MP_STATE_INIT_RECEIVED ||
           state == KVM_MP_STATE_UNINITIALIZED;
}

bool Lab::nmi_is_due() {
    const Event now = look(Event::Kind::look);
    return now.pending != 0 && !now.masked;
}

bool Lab::drain(model::Trace& trace) {
    const machine::GuestMemory& memory = vm_.memory();
    const auto word = [&memory, this](std::uint64_t address) {
        const auto value = machine::load(memory.at<std::uint64_t>({address}));
        return arch_ == plan::Arch::x86_64 ? value : value & UINT32_MAX;
    };
    const std::uint64_t next = word(layout::log_next);
    const std::uint64_t known = layout::log + running_.records * layout::record_size;
    if (next < known || next > layout::size || (next - known) % layout::record_size != 0) {
        return false;
    }
    for (std::uint64_t at = known; at < next; at += layout::record_size) {
        const auto from = running_.code->position(word(at));
        const std::uint64_t flags = word(at + 8);
        const std::uint64_t vector = word(at + 24) & 0xff;
        const bool ours = vector == nmi_vector || vector == debug_vector || vector == fault_vector;
        if (!from || !ours) {
            return false;
        }
        trace.push_back({.kind = vector == nmi_vector     ? Event::Kind::nmi
                                 : vector == debug_vector ? Event::Kind::debug
                                                          : Event::Kind::fault,
                         .at = *from,
                         .tf = (flags & kvm::rflags_tf) != 0,
                         .iff = (flags & kvm::rflags_if) != 0,
                         .bs = (word(at + 16) & dr6_bs) != 0});
        ++running_.records;
    }
    std::erase_if(running_.unread_flags, [&](std::size_t pushf) {
        const std::uint64_t flags = word(layout::flags + (pushf + 1) * 8);
        if ((flags & UINT32_MAX) == no_flags) {
            return false;
        }
        trace.push_back({.kind = Event::Kind::flags,
                         .at = {model::Block::body, pushf},
                         .tf = (flags & kvm::rflags_tf) != 0,
                         .iff = (flags & kvm::rflags_if) != 0});
        return true;
    });
    return true;
}

}  // namespace nmistorm::conform
