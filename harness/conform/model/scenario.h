// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <string_view>
#include <vector>

namespace nmistorm::conform::model {

/// What an instruction of a guest does. Each is one instruction, but for `record`.
enum class Op {
    nop,
    mov_ss,     ///< MOV to SS with the selector that it has: begins an interrupt shadow
    pushf,      ///< followed by `pop_flags`
    pop_flags,  ///< POP into a place of its own, where the host finds the flags
    hlt,
    iret,      ///< to the frame on top of the stack
    self_nmi,  ///< WRMSR to the x2APIC's ICR: an NMI to this vCPU
    stop,      ///< OUT: leaves to the host, which acts
    end,       ///< OUT: the guest has done all
    record,    ///< only in handlers: notes the frame on top of the stack, and DR6
    clear_tf,  ///< only in handlers: clears the trap flag in that frame
};

/// A piece of guest code.
enum class Block {
    body,   ///< where the guest starts
    nmi,    ///< handler of NMIs
    debug,  ///< handler of debug traps: record, clear_tf, iret
    fault,  ///< handler of #GP: record, end
};
inline constexpr Block all_blocks[] = {Block::body, Block::nmi, Block::debug, Block::fault};
std::string_view name(Block block);  ///< "body"

/// An instruction: the op at `index` of `block`.
struct Position {
    Block block = Block::body;
    std::size_t index = 0;
    auto operator<=>(const Position&) const = default;
};

/// What an interrupt, or the host at the start, puts on the stack for IRET.
struct Frame {
    Position at;
    bool tf = false;
    bool iff = true;
    bool bad = false;  ///< its code segment does not exist: IRET faults
    auto operator<=>(const Frame&) const = default;
};

/// Pages that the vCPU has never touched, so that their first use faults in nested paging.
enum class Untouched { none, idt, stack };

/// How a guest starts, set by KVM_SET_REGS, KVM_SET_VCPU_EVENTS and KVM_SET_MP_STATE.
struct Start {
    bool masked = false;      ///< NMIs are
    bool shadow_sti = false;  ///< in the interrupt shadow of an STI
    bool shadow_ss = false;   ///< in that of a MOV to SS
    bool tf = false;
    bool iff = true;
    bool waiting = false;  ///< for a SIPI, as after an INIT
    Untouched untouched = Untouched::none;
    std::vector<Frame> frames = {};  ///< the first one on top of the stack
};

/// How the host makes an NMI pending while the vCPU is outside the guest.
enum class By {
    kvm_nmi,  ///< KVM_NMI
    events,   ///< KVM_SET_VCPU_EVENTS with nmi.pending
    msi,      ///< KVM_SIGNAL_MSI
};

/// What is done with the vCPU's state after that.
enum class Between {
    none,   ///< nothing is even looked at
    look,   ///< KVM_GET_VCPU_EVENTS
    same,   ///< saved, and restored on the same vCPU
    fresh,  ///< saved, and restored on the vCPU of another VM with the same memory
};

/// What the host does at one stop.
struct Action {
    By by = By::kvm_nmi;
    unsigned nmis = 0;
    bool start = false;  ///< KVM_SET_MP_STATE: a waiting vCPU becomes runnable
    Between between = Between::none;
};

/// One run, from the start to the op `end` or a sleep that nothing ends.
struct Scenario {
    Start start;
    std::vector<Op> body;
    std::vector<Op> nmi;          ///< its first op is `record`, its last one `iret`
    std::vector<Action> actions;  ///< one for each stop: before the start, then at each `stop` and sleep
};

/// The ops of @p block.
const std::vector<Op>& ops(const Scenario& scenario, Block block);
std::string_view name(Op op);  ///< as an assembler has it

}  // namespace nmistorm::conform::model
