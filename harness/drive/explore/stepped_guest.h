// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "drive/explore/cannot_explore.h"
#include "drive/explore/code.h"
#include "drive/explore/memory_hash.h"
#include "drive/explore/stopped.h"
#include "machine/exit.h"
#include "machine/guest_vm.h"
#include "machine/kick_timer.h"
#include "machine/nmi_delivery.h"

namespace nmistorm::drive::explore {

/// What an instruction touches in memory.
struct Access {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    bool read = false;
    bool written = false;
};

/// Those of one instruction.
class Accesses {
  public:
    void add(const Access& access) { list_[count_++] = access; }
    [[nodiscard]] const Access* begin() const { return list_.data(); }
    [[nodiscard]] const Access* end() const { return list_.data() + count_; }

  private:
    std::array<Access, 4> list_;
    unsigned count_ = 0;
};

/// One vCPU between two instructions.
struct VcpuState {
    kvm_regs regs{};
    bool in_nmi = false;     ///< NMIs are masked
    kvm_regs interrupted{};  ///< where the NMI came, if in_nmi
};

/// A guest whose vCPUs run one instruction at a time and only when they are told to, all from one thread; and
/// which can be taken back to any state that it was in before on the way here.
///
/// Memory is taken back by an undo log: what each instruction writes is known from its operands before it
/// runs, and saved. What an instruction does besides cannot be taken back, so that one which does more than
/// that is refused (decode::Instruction::confined), as are writes to the tables that translate addresses and
/// deliver interrupts; and now and then memory is held against a second copy that only the log keeps up to
/// date. Up to begin() anything goes: nothing goes back further than that. NMIs and their IRETs are done by
/// hand (machine/nmi_delivery.h). The TSC stands still: RDTSC yields 0, so that nothing depends on time. HLT
/// is never run: a vCPU at one waits for an NMI.
class SteppedGuest {
  public:
    /// Throws HostCannot where this KVM cannot be stepped. @p stop is asked at least ten times a second while
    /// the guest is stepped.
    SteppedGuest(const kvm::System& system, const image::Image& image,
                 const machine::GuestParameters& parameters, Stop stop);
    void set_stop(Stop stop) { stop_ = std::move(stop); }

    [[nodiscard]] unsigned cpus() const { return static_cast<unsigned>(states_.size()); }
    [[nodiscard]] const VcpuState& vcpu(unsigned cpu) const { return states_[cpu]; }
    [[nodiscard]] GuestVirt ip(unsigned cpu) const { return {states_[cpu].regs.rip}; }
    [[nodiscard]] const machine::Layout& layout() const { return guest_.layout(); }
    [[nodiscard]] const machine::GuestMemory& memory() const { return guest_.memory(); }
    [[nodiscard]] const abi::CpuPage& page(unsigned cpu) const { return *pages_[cpu]; }
    [[nodiscard]] Code& code() { return code_; }
    [[nodiscard]] image::ElfMachine machine() const { return image_machine_; }

    /// The guest has booted, its IDT is loaded: from now on NMIs can be delivered, and all that is done can
    /// be taken back. Throws Error where the guest has left the flat memory that it was started in.
    void begin();

    /// The instruction that @p cpu runs next; null where there is none.
    const decode::Instruction* next(unsigned cpu) { return code_.at(ip(cpu)); }
    /// What @p instruction would touch if @p cpu ran it now.
    [[nodiscard]] Accesses accesses(unsigned cpu, const decode::Instruction& instruction) const;

    /// Runs one instruction, next(cpu), which touches @p accesses. False: the vCPU stopped for another
    /// reason, which exit() tells. An exception that the instruction causes runs to such an end in the same
    /// step, since kvm_amd does not stop in its handler: a guest's exceptions must end in a panic. Throws
    /// CannotExplore before an instruction that cannot be taken back, Stopped, and Error where KVM ran other
    /// than the one instruction. After false only rewind() goes on.
    bool step(unsigned cpu, const decode::Instruction& instruction, const Accesses& accesses);
    [[nodiscard]] const machine::Exit& exit() const { return exit_; }

    /// Room for an interrupt's frame above and below its stack pointer.
    [[nodiscard]] bool stack_is_in_memory(unsigned cpu) const;

    /// Delivers an NMI, which must not be masked, to a stack that is in memory; one that waits at HLT is
    /// awake then.
    void deliver_nmi(unsigned cpu);

    /// What the CPU reads to deliver one.
    [[nodiscard]] Accesses reads_of_delivery(unsigned cpu) const;

    /// A state to go back to: valid until one before it is gone back to.
    struct Mark {
        std::size_t undo = 0;
        StateKey memory;
        std::vector<VcpuState> vcpus;
    };
    [[nodiscard]] Mark mark() const { return {undo_.size(), memory_key_, states_}; }
    void rewind(const Mark& mark);

    /// Throws CannotExplore where guest memory is not as what was stepped and taken back has left it. Also
    /// done every 2^20 steps.
    void check_memory() const;

    /// Bytes on the heap: that what may have to be taken back takes, and a Mark.
    [[nodiscard]] std::size_t log_bytes() const { return undo_.capacity() * sizeof(Undo); }
    [[nodiscard]] std::size_t mark_bytes() const { return states_.size() * sizeof(VcpuState); }

    /// Of memory and registers, but for what no guest can tell from another: stacks below the stack pointers,
    /// page tables, and the events' rings and numbers.
    [[nodiscard]] StateKey key() const;

    /// The part of @p cpu's stacks that is dead to what it interrupted: memory that only a handler uses.
    [[nodiscard]] bool on_own_stack(unsigned cpu, const Access& access) const;

  private:
    struct Undo {
        std::uint32_t address;  ///< a multiple of 8
        std::uint64_t old;
    };
    /// Addresses of a table that the CPU itself reads.
    struct Table {
        std::uint64_t begin;
        std::uint64_t end;
    };
    void look();
    void require_flat(unsigned cpu) const;
    void require_confined(unsigned cpu, const decode::Instruction& instruction,
                          const Accesses& accesses) const;
    [[noreturn]] void refuse(unsigned cpu, const decode::Instruction& instruction, const char* why) const;
    [[nodiscard]] bool keeps_segments(unsigned cpu) const;
    [[nodiscard]] bool is_table(const Access& access) const;
    void add_repeated(Accesses& result, unsigned cpu, const decode::MemoryOperand& operand,
                      std::uint64_t address) const;
    void hide_trap_flag(const Accesses& accesses) const;
    bool run_stepped(unsigned cpu, const decode::Instruction& instruction, const Accesses& accesses);
    void save(const Access& access);
    void account(std::size_t first);
    [[nodiscard]] bool is_counted(std::uint64_t address) const;
    void add_stack(StateKey& key, std::uint64_t from, std::uint64_t to) const;
    [[nodiscard]] std::uint64_t word(std::uint64_t address) const;
    [[nodiscard]] std::uint64_t value(unsigned cpu, std::int8_t number) const;
    void set_masked(unsigned cpu, bool masked);
    bool run_one(unsigned cpu);
    void read_exception_entries(const kvm_sregs& sregs);
    [[nodiscard]] bool took_exception(unsigned cpu) const;
    void end_exception(unsigned cpu);
    [[nodiscard]] bool is_dead() const { return !exit_.name.empty(); }
    void revive();
    [[nodiscard]] bool has_begun() const { return !shadow_.empty(); }

    Stop stop_;
    bool i386_;
    image::ElfMachine image_machine_;
    machine::GuestVm guest_;
    std::vector<kvm::Vcpu>& vcpus_;
    Code code_;
    std::vector<const abi::CpuPage*> pages_;
    std::vector<VcpuState> states_;
    std::vector<bool> stale_;   ///< KVM has other registers than states_
    std::vector<bool> masked_;  ///< what KVM thinks
    std::vector<kvm_vcpu_events> events_;
    std::vector<std::array<std::uint64_t, 3>> segments_;  ///< bases, by MemoryOperand::Segment
    std::vector<Undo> undo_;
    std::vector<std::uint8_t> counted_pages_;
    StateKey memory_key_;
    std::uint64_t steps_ = 0;
    machine::Exit exit_;  ///< without a name: no vCPU has stopped for good

    std::vector<kvm_sregs> first_sregs_;  ///< before the first instruction
    std::vector<kvm_sregs> sregs_;        ///< since begin()
    std::vector<Table> tables_;
    /// Memory as the undo log knows it: without what exceptions write.
    std::vector<std::byte> shadow_;
    /// The first instructions of all exceptions' handlers, and the second ones, where kvm_pvm stops.
    std::vector<GuestVirt> exception_entries_;
    machine::KickTimer kicks_;  ///< out of a KVM_RUN that does not end
};

}  // namespace nmistorm::drive::explore
