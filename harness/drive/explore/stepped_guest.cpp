// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/stepped_guest.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"

namespace nmistorm::drive::explore {
namespace {

using machine::Layout;
using machine::page_size;

constexpr std::uint64_t word_size = 8;
constexpr unsigned longest_exception = 20'000;        // steps; our guest takes a few hundred
constexpr std::chrono::seconds longest_run{1};        // of CPU time, in one KVM_RUN
constexpr std::chrono::milliseconds kick_period{50};  // a quarter of the limit for calling stop
constexpr std::uint64_t look_every = 64;              // steps; a few ms on the slowest KVM
constexpr std::uint64_t check_every = 1 << 20;        // steps
constexpr std::uint64_t longest_repetition = 1024;    // repetitions in one step, by KVM's emulator
constexpr std::uint64_t rflags_df = 0x400;
constexpr std::uint64_t tss_size = 0x68;  // SDM 3A, figures 8-2 and 8-11
constexpr std::uint64_t cr0_pe_pg = 0x80000001;
constexpr std::uint64_t efer_lma = 0x400;
constexpr const char* endless = "an exception whose handler does not end";
constexpr std::uint64_t counts_in_rflags = ~(kvm::rflags_tf | 0x10000);  // without TF and RF, which KVM uses

std::uint64_t address_of(GuestPhys base, std::size_t offset) {
    return base.value + offset;
}

/// CPU time of this thread.
std::chrono::nanoseconds cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

SteppedGuest::SteppedGuest(const kvm::System& system, const image::Image& image,
                           const machine::GuestParameters& parameters, Stop stop)
    : stop_(std::move(stop)),
      i386_(image.machine() == image::ElfMachine::i386),
      image_machine_(image.machine()),
      guest_(system, image, parameters),
      vcpus_(guest_.vcpus()),
      code_(image, guest_.memory(), guest_.layout()),
      states_(parameters.vcpus),
      stale_(parameters.vcpus),
      masked_(parameters.vcpus),
      counted_pages_(guest_.memory().size() / page_size),
      kicks_(kick_period) {
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        kvm::Vcpu& vcpu = vcpus_[cpu];
        const kvm_sregs& sregs = first_sregs_.emplace_back(vcpu.sregs());
        segments_.push_back({0, sregs.fs.base, sregs.gs.base});
        events_.push_back(vcpu.events());
        vcpu.begin_stepping(system);
        states_[cpu].regs = vcpu.regs();
        pages_.push_back(&memory().at<abi::CpuPage>(layout().cpu_page(cpu)));
    }
    // TSSs, image, Boot, CpuPages and arena, but not page tables (accessed and dirty bits), stacks and rings.
    for (std::uint64_t page = layout().gdt.value / page_size; page < counted_pages_.size(); ++page) {
        const GuestPhys at{page * page_size};
        counted_pages_[page] = at < layout().stacks || (at >= layout().arena && at.value < layout().size);
    }
}

void SteppedGuest::begin() {
    tables_.push_back({layout().page_tables.value, layout().gdt.value});
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        const kvm_sregs& sregs = sregs_.emplace_back(vcpus_[cpu].sregs());
        require_flat(cpu);
        segments_[cpu] = {0, sregs.fs.base, sregs.gs.base};
        tables_.push_back({sregs.gdt.base, sregs.gdt.base + sregs.gdt.limit + 1});
        tables_.push_back({sregs.idt.base, sregs.idt.base + sregs.idt.limit + 1});
        read_exception_entries(sregs);
    }
    code_.forget_all();  // writes before now may not have been reported to it
    shadow_.assign(memory().all().begin(), memory().all().end());
}

/// An address is what the operand says, plus a constant base for FS and GS.
void SteppedGuest::require_flat(unsigned cpu) const {
    const kvm_sregs& was = first_sregs_[cpu];
    const kvm_sregs& is = sregs_[cpu];
    const bool same_mode = ((was.cr0 ^ is.cr0) & cr0_pe_pg) == 0 && ((was.efer ^ is.efer) & efer_lma) == 0 &&
                           was.cs.l == is.cs.l && was.cs.db == is.cs.db;
    const bool same_segments = !i386_ || (is.cs.base | is.ds.base | is.es.base | is.ss.base) == 0;
    if (!same_mode || !same_segments || was.cr3 != is.cr3) {
        throw Error(fmt::format(
            "explore cannot follow this guest: vCPU {} comes online with {} of its own, where explore needs "
            "those that it was started with",
            cpu,
            !same_mode          ? "a CPU mode"
            : was.cr3 != is.cr3 ? "page tables"
                                : "segments"));
    }
}

void SteppedGuest::read_exception_entries(const kvm_sregs& sregs) {
    for (const GuestVirt entry : machine::read_exception_handlers(memory(), sregs, image_machine_)) {
        exception_entries_.push_back(entry);
        if (const decode::Instruction* first = code_.at(entry)) {
            exception_entries_.push_back({entry.value + first->length});
        }
    }
}

std::uint64_t SteppedGuest::value(unsigned cpu, std::int8_t number) const {
    const kvm_regs& regs = states_[cpu].regs;
    switch (number) {
        case 0:
            return regs.rax;
        case 1:
            return regs.rcx;
        case 2:
            return regs.rdx;
        case 3:
            return regs.rbx;
        case 4:
            return regs.rsp;
        case 5:
            return regs.rbp;
        case 6:
            return regs.rsi;
        case 7:
            return regs.rdi;
        case decode::MemoryOperand::no_register:
            return 0;
        default:
            return (&regs.r8)[number - 8];
    }
}

Accesses SteppedGuest::accesses(unsigned cpu, const decode::Instruction& instruction) const {
    Accesses result;
    for (unsigned i = 0; i < instruction.operands; ++i) {
        const decode::MemoryOperand& operand = instruction.memory[i];
        std::uint64_t address = value(cpu, operand.base) + value(cpu, operand.index) * operand.scale +
                                static_cast<std::uint64_t>(operand.displacement);
        if (operand.narrow) {
            address &= 0xffffffff;
        }
        address += segments_[cpu][static_cast<unsigned>(operand.segment)];
        if (i386_) {
            address &= 0xffffffff;
        }
        if (operand.repeated) {
            add_repeated(result, cpu, operand, address);
        } else if (operand.size != 0 && address < memory().size() &&
                   operand.size <= memory().size() - address) {
            result.add({address, operand.size, operand.read, operand.written});
        }
    }
    return result;
}

/// The most that one step can access: a KVM stops after each repetition, unless it emulates the instruction.
void SteppedGuest::add_repeated(Accesses& result, unsigned cpu, const decode::MemoryOperand& operand,
                                std::uint64_t address) const {
    constexpr std::int8_t count_register = 1;
    const std::uint64_t count =
        value(cpu, count_register) & (operand.narrow ? 0xffffffff : ~std::uint64_t{0});
    if (count == 0 || address >= memory().size()) {
        return;  // it accesses nothing, or faults at the first element
    }
    const std::uint64_t bytes = std::min(count, longest_repetition) * operand.size;
    const bool down = (states_[cpu].regs.rflags & rflags_df) != 0;
    const std::uint64_t last = address + operand.size;  // one past the first element
    const std::uint64_t begin = !down ? address : last > bytes ? last - bytes : 0;
    const std::uint64_t end = std::min(down ? last : address + bytes, memory().size());
    result.add({begin, end - begin, operand.read, operand.written});
}

Accesses SteppedGuest::reads_of_delivery(unsigned cpu) const {
    constexpr unsigned nmi_vector = 2;
    const std::uint64_t gate_size = i386_ ? 8 : 16;
    Accesses result;
    const auto reads = [&](std::uint64_t address, std::uint64_t size) {
        if (address < memory().size() && size <= memory().size() - address) {
            result.add({address, size, true, false});
        }
    };
    reads(sregs_[cpu].idt.base + nmi_vector * gate_size, gate_size);
    reads(sregs_[cpu].tr.base, tss_size);
    return result;
}

std::uint64_t SteppedGuest::word(std::uint64_t address) const {
    std::uint64_t value;
    std::memcpy(&value, memory().all().data() + address, sizeof(value));
    return value;
}

void SteppedGuest::save(const Access& access) {
    for (std::uint64_t at = access.address / word_size * word_size; at < access.address + access.size;
         at += word_size) {
        undo_.push_back({static_cast<std::uint32_t>(at), word(at)});
    }
}

bool SteppedGuest::is_counted(std::uint64_t address) const {
    return counted_pages_[address / page_size] != 0 &&
           address != address_of(layout().boot, offsetof(abi::Boot, next_seq));
}

/// Updates the memory's key with what has changed since undo_[first].
void SteppedGuest::account(std::size_t first) {
    for (std::size_t i = first; i < undo_.size(); ++i) {
        const auto [address, old] = undo_[i];
        const std::uint64_t now = word(address);
        if (has_begun()) {
            std::memcpy(shadow_.data() + address, &now, sizeof(now));
        }
        if (now != old && is_counted(address)) {
            memory_key_ ^= key_of(address, old);
            memory_key_ ^= key_of(address, now);
            // Two operands may share a word: the second entry must not count the change again.
            for (std::size_t j = i + 1; j < undo_.size(); ++j) {
                if (undo_[j].address == address) {
                    undo_[j].old = now;
                }
            }
        }
        code_.written(GuestPhys{address}, word_size);
    }
}

/// Called between two steps.
void SteppedGuest::look() {
    if (stop_ && stop_()) {
        throw Stopped{};
    }
    if (steps_ % check_every == 0) {
        check_memory();
    }
}

void SteppedGuest::check_memory() const {
    if (!has_begun() || is_dead()) {
        return;
    }
    // Page tables are left out, since the CPU sets accessed and dirty bits there.
    const auto is = memory().all().subspan(image::image_begin.value);
    const auto was = std::span(shadow_).subspan(image::image_begin.value);
    if (std::memcmp(is.data(), was.data(), is.size()) != 0) {
        const auto at = std::ranges::mismatch(is, was).in1 - is.begin();
        throw CannotExplore("guest memory is not as the explored instructions left it, at ",
                            {image::image_begin.value + static_cast<std::uint64_t>(at)},
                            fmt::format(": it holds {:#04x} and not {:#04x}", static_cast<unsigned>(is[at]),
                                        static_cast<unsigned>(was[at])));
    }
}

void SteppedGuest::refuse(unsigned cpu, const decode::Instruction& instruction, const char* why) const {
    throw CannotExplore(fmt::format("explore cannot take back '{}', which vCPU {} is about to run at ",
                                    code_.text(instruction.address), cpu),
                        instruction.address, fmt::format(": {}", why));
}

void SteppedGuest::require_confined(unsigned cpu, const decode::Instruction& instruction,
                                    const Accesses& accesses) const {
    using Kind = decode::Instruction::Kind;
    if (!instruction.confined) {
        refuse(cpu, instruction,
               "it does more than change general registers, flags and the memory that its operands name");
    }
    if (instruction.kind == Kind::out) {
        const std::uint64_t in_dx = states_[cpu].regs.rdx & 0xffff;
        if ((instruction.port == decode::Instruction::port_in_dx ? in_dx : instruction.port) !=
            abi::panic_port) {
            refuse(cpu, instruction, "it is for another port than the one for panics");
        }
    }
    if (instruction.kind == Kind::iret && stack_is_in_memory(cpu) && !keeps_segments(cpu)) {
        refuse(cpu, instruction, "it loads segment registers with something else");
    }
    for (const Access& access : accesses) {
        if (access.written && is_table(access)) {
            refuse(cpu, instruction, "it writes to page tables, a GDT or an IDT");
        }
    }
}

/// An IRET is confined if it returns to the same selectors.
bool SteppedGuest::keeps_segments(unsigned cpu) const {
    const kvm_sregs& sregs = sregs_[cpu];
    const std::uint64_t sp = states_[cpu].regs.rsp;
    const auto selector = [&](std::uint64_t at) {
        std::uint16_t value;
        std::memcpy(&value, memory().span({at}, sizeof(value)).data(), sizeof(value));
        return value;
    };
    return i386_ ? selector(sp + 4) == sregs.cs.selector
                 : selector(sp + 8) == sregs.cs.selector && selector(sp + 32) == sregs.ss.selector;
}

bool SteppedGuest::is_table(const Access& access) const {
    return std::ranges::any_of(tables_, [&access](const Table& table) {
        return access.address < table.end && table.begin < access.address + access.size;
    });
}

bool SteppedGuest::step(unsigned cpu, const decode::Instruction& instruction, const Accesses& accesses) {
    if (is_dead()) {
        throw Error("a vCPU of a guest that died was to be stepped");
    }
    if (++steps_ % look_every == 0) {
        look();
    }
    const bool known = instruction.length != 0;
    if (has_begun() && known) {
        require_confined(cpu, instruction, accesses);
    }
    VcpuState& state = states_[cpu];
    const bool reads_time = instruction.kind == decode::Instruction::Kind::rdtsc;
    if (reads_time || instruction.kind == decode::Instruction::Kind::pause) {  // PAUSE is only a hint
        if (reads_time) {
            state.regs.rax = state.regs.rdx = 0;
        }
        state.regs.rip += instruction.length;
        stale_[cpu] = true;
        return true;
    }
    if (instruction.kind == decode::Instruction::Kind::iret) {
        if (!stack_is_in_memory(cpu)) {
            exit_ = {"an IRET from a stack where there is no memory"};
            return false;
        }
        state.regs = machine::return_from_interrupt(memory(), image_machine_, state.regs);
        state.in_nmi = false;
        stale_[cpu] = true;
        return true;
    }
    const GuestVirt at = ip(cpu);
    const bool lives = run_stepped(cpu, instruction, accesses);
    if (lives && has_begun() && !known) {
        throw CannotExplore(fmt::format("vCPU {} runs what is no instruction that explore knows, at ", cpu),
                            at, "");
    }
    return lives;
}

bool SteppedGuest::run_stepped(unsigned cpu, const decode::Instruction& instruction,
                               const Accesses& accesses) {
    using Kind = decode::Instruction::Kind;
    const std::size_t first = undo_.size();
    for (const Access& access : accesses) {
        if (access.written) {
            save(access);
        }
    }
    kvm::Vcpu& vcpu = vcpus_[cpu];
    if (stale_[cpu]) {
        vcpu.set_step_regs(states_[cpu].regs);
        stale_[cpu] = false;
    }
    if (masked_[cpu] != states_[cpu].in_nmi) {
        set_masked(cpu, states_[cpu].in_nmi);
    }
    const GuestVirt behind{instruction.address.value + instruction.length};
    const bool stepped = run_one(cpu);
    if (instruction.kind == Kind::pushf && stepped) {
        hide_trap_flag(accesses);
    }
    stale_[cpu] = stale_[cpu] || instruction.kind == Kind::popf;  // POPF cleared TF
    account(first);
    if (stepped && ip(cpu) != behind) {
        if (took_exception(cpu)) {
            end_exception(cpu);
        } else if (has_begun() && instruction.falls_through) {
            throw Error(fmt::format(
                "KVM did not step vCPU {} by one instruction: from {:#x} not to {:#x} but to {:#x}", cpu,
                instruction.address.value, behind.value, ip(cpu).value));
        }
    }
    return !is_dead();
}

/// Some KVMs let PUSHF push the TF that is set for stepping.
void SteppedGuest::hide_trap_flag(const Accesses& accesses) const {
    for (const Access& access : accesses) {
        constexpr std::uint64_t second_byte = 1;
        memory().all()[access.address + second_byte] &=
            std::byte{static_cast<std::uint8_t>(~(kvm::rflags_tf >> 8))};
    }
}

void SteppedGuest::end_exception(unsigned cpu) {
    for (unsigned i = 0; i < longest_exception; ++i) {
        if (!run_one(cpu)) {
            return;
        }
    }
    exit_ = {endless};
}

/// Returns false if the vCPU stopped for good. An exception handler may run for long without another stop.
bool SteppedGuest::run_one(unsigned cpu) {
    kvm::Vcpu& vcpu = vcpus_[cpu];
    std::optional<std::chrono::nanoseconds> since;
    while (!vcpu.run()) {  // a signal came: from kicks_ or the terminal
        if (stop_ && stop_()) {
            exit_ = {"stopped"};
            throw Stopped{};
        }
        const auto now = cpu_time();
        if (vcpu.is_halted() || (since && now - *since > longest_run)) {
            exit_ = {endless};
            return false;
        }
        since = since.value_or(now);
    }
    states_[cpu].regs = vcpu.step_regs();
    if (vcpu.state().exit_reason == KVM_EXIT_DEBUG) {
        return true;
    }
    exit_ = machine::describe_exit(vcpu.state());
    return false;
}

bool SteppedGuest::took_exception(unsigned cpu) const {
    return std::ranges::find(exception_entries_, ip(cpu)) != exception_entries_.end();
}

bool SteppedGuest::stack_is_in_memory(unsigned cpu) const {
    constexpr std::uint64_t frame = 5 * 8;
    const std::uint64_t sp = states_[cpu].regs.rsp;
    return sp >= frame && sp <= memory().size() - frame;
}

void SteppedGuest::set_masked(unsigned cpu, bool masked) {
    events_[cpu].nmi.masked = masked ? 1 : 0;
    vcpus_[cpu].set_step_events(events_[cpu]);
    masked_[cpu] = masked;
}

void SteppedGuest::deliver_nmi(unsigned cpu) {
    VcpuState& state = states_[cpu];
    const decode::Instruction* at = next(cpu);
    if (at != nullptr && at->kind == decode::Instruction::Kind::halt) {
        state.regs.rip += at->length;  // the NMI ends HLT
    }
    state.interrupted = state.regs;
    state.in_nmi = true;
    const machine::NmiDelivery delivery =
        machine::deliver_nmi(machine::read_nmi_gate(memory(), sregs_[cpu], image_machine_), state.regs);
    const std::size_t first = undo_.size();
    const std::uint64_t bytes = delivery.count * delivery.word_size;
    const auto frame = memory().span(to_phys(delivery.frame), bytes);
    save({.address = delivery.frame.value, .size = bytes, .read = false, .written = true});
    for (unsigned i = 0; i < delivery.count; ++i) {
        std::memcpy(frame.data() + std::size_t{i} * delivery.word_size, &delivery.words[i],
                    delivery.word_size);
    }
    account(first);
    state.regs = delivery.regs;
    stale_[cpu] = true;
}

void SteppedGuest::rewind(const Mark& mark) {
    if (is_dead()) {
        revive();
    }
    while (undo_.size() > mark.undo) {
        const auto [address, old] = undo_.back();
        undo_.pop_back();
        std::memcpy(memory().all().data() + address, &old, sizeof(old));
        std::memcpy(shadow_.data() + address, &old, sizeof(old));
        code_.written(GuestPhys{address}, word_size);
    }
    memory_key_ = mark.memory;
    states_ = mark.vcpus;
    stale_.assign(cpus(), true);
    exit_ = {};
}

/// Undoes what the undo log does not have: what a CPU writes when it takes an exception, and what an exit may
/// leave in KVM. That is an access that is not complete, the INIT after a shutdown on AMD (svm.c,
/// shutdown_interception(); MSRs that kvm_sregs lacks stay lost), and CR2.
void SteppedGuest::revive() {
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        kvm::Vcpu& vcpu = vcpus_[cpu];
        vcpu.kick();
        while (vcpu.run()) {
        }
        vcpu.clear_kick();
        vcpu.set_sregs(sregs_[cpu]);
        vcpu.set_mp_state(KVM_MP_STATE_RUNNABLE);
        set_masked(cpu, states_[cpu].in_nmi);
    }
    std::ranges::copy(shadow_, memory().all().begin());
}

void SteppedGuest::add_stack(StateKey& key, std::uint64_t from, std::uint64_t to) const {
    for (std::uint64_t at = from / word_size * word_size; at < to && at < memory().size() - word_size;
         at += word_size) {
        std::uint64_t value = word(at);
        if (at < from) {
            value &= ~std::uint64_t{0} << (from - at) * 8;
        }
        key ^= key_of(at, value);
    }
}

StateKey SteppedGuest::key() const {
    StateKey key = memory_key_;
    std::uint64_t place = memory().size();  // beyond every address
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        const VcpuState& state = states_[cpu];
        const auto add = [&key, &place](const kvm_regs& regs) {
            const auto* words = reinterpret_cast<const std::uint64_t*>(&regs);
            for (std::size_t i = 0; i < offsetof(kvm_regs, rflags) / word_size; ++i) {
                key ^= key_of(place++, words[i]);
            }
            key ^= key_of(place++, regs.rflags & counts_in_rflags);
        };
        add(state.regs);
        key ^= key_of(place++, state.in_nmi ? 1 : 0);
        const std::uint64_t task = layout().task_stack(cpu).value;
        const std::uint64_t task_begin = task - Layout::task_stack_pages * page_size;
        const auto add_if_in = [&](std::uint64_t sp, std::uint64_t begin, std::uint64_t end) {
            if (sp >= begin && sp < end) {
                add_stack(key, sp, end);
            }
        };
        if (state.in_nmi) {
            add(state.interrupted);
            const std::uint64_t nmi = layout().nmi_stack(cpu).value;
            add_if_in(state.regs.rsp, nmi - Layout::nmi_stack_pages * page_size, nmi);
            // On i386 the handler uses the interrupted stack.
            add_if_in(i386_ ? state.regs.rsp : state.interrupted.rsp, task_begin, task);
        } else {
            place += 18;
            add_if_in(state.regs.rsp, task_begin, task);
        }
    }
    return key;
}

bool SteppedGuest::on_own_stack(unsigned cpu, const Access& access) const {
    const VcpuState& state = states_[cpu];
    const std::uint64_t task = layout().task_stack(cpu).value;
    const std::uint64_t begin = task - Layout::task_stack_pages * page_size;
    const std::uint64_t nmi = layout().nmi_stack(cpu).value;
    const bool on_task = access.address >= begin && access.address + access.size <= task;
    if (!state.in_nmi) {
        return on_task;
    }
    const bool on_nmi = access.address >= nmi - Layout::nmi_stack_pages * page_size && access.address < nmi;
    // The interrupted code uses what lies above its stack pointer.
    return on_nmi || (on_task && access.address + access.size <= state.interrupted.rsp);
}

}  // namespace nmistorm::drive::explore
