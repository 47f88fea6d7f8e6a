// SPDX-License-Identifier: GPL-2.0-or-later
// Instructions are encoded as in SDM 2A and 2B, tables and gates as in SDM 3A, chapters 3 to 6.
#include "conform/guest_code.h"

#include <algorithm>

#include "base/error.h"
#include "kvm/vcpu.h"

namespace nmistorm::conform {
namespace {

using model::Block;
using model::Op;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t code_selector = 8;
constexpr std::uint64_t data_selector = 0x10;
constexpr std::uint64_t no_selector = 0x50;  // beyond the GDT's limit
constexpr std::uint64_t entry = 0x63;        // present, writable, accessed, dirty
constexpr std::uint64_t pages = layout::size / layout::page;

constexpr std::uint64_t flag_fixed = 0x2;

std::uint64_t flags_of(bool tf, bool iff) {
    return flag_fixed | (tf ? kvm::rflags_tf : 0) | (iff ? kvm::rflags_if : 0);
}

void append(Bytes& to, const Bytes& more) {
    to.insert(to.end(), more.begin(), more.end());
}

Bytes word(std::uint64_t value) {  // 32 bits
    Bytes bytes;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return bytes;
}

}  // namespace

model::Scenario warm_up_scenario() {
    using model::Op;
    return {.start = {},
            .body = {Op::nop, Op::stop, Op::nop, Op::end},
            .nmi = {Op::record, Op::iret},
            .actions = {{}, {.nmis = 1}}};
}

GuestCode::GuestCode(plan::Arch arch, const model::Scenario& scenario, bool warm_up)
    : wide_(arch == plan::Arch::x86_64),
      warm_up_(warm_up),
      memory_(layout::log),
      rflags_(flags_of(scenario.start.tf, scenario.start.iff)) {
    write_tables();
    for (const Block block : model::all_blocks) {
        write_block(block, model::ops(scenario, block));
    }
    put(layout::log_next, layout::log, 8);
    for (std::size_t i = 0; i < scenario.body.size(); ++i) {
        put(layout::flags + i * 8, no_flags, 8);
    }
    write_frames(scenario);
}

void GuestCode::put(std::uint64_t address, std::uint64_t value, unsigned bytes) {
    if (address + bytes > memory_.size()) {
        throw Error("a scenario does not fit into its guest");
    }
    for (unsigned i = 0; i < bytes; ++i) {
        memory_[address + i] = static_cast<std::byte>(value >> (8 * i));
    }
}

void GuestCode::write_tables() {
    put(layout::gdt + code_selector, wide_ ? 0x00af9b000000ffff : 0x00cf9b000000ffff, 8);
    put(layout::gdt + data_selector, 0x00cf93000000ffff, 8);
    const unsigned entry_size = wide_ ? 8 : 4;
    const unsigned levels = wide_ ? 4 : 2;
    std::uint64_t table = layout::page_tables;
    for (unsigned level = 1; level < levels; ++level) {
        put(table, (table + layout::page) | entry, entry_size);
        table += layout::page;
    }
    for (std::uint64_t i = 0; i < pages; ++i) {
        put(table + i * entry_size, i * layout::page | entry, entry_size);
    }
    constexpr std::uint64_t interrupt_gate = 0x8e;
    const auto gate = [&](unsigned vector, Block handler) {
        const std::uint64_t offset = block_base(handler);  // below 64 KiB
        put(layout::idt + vector * (wide_ ? 16ULL : 8ULL),
            offset | code_selector << 16 | interrupt_gate << 40, 8);
    };
    gate(nmi_vector, Block::nmi);
    gate(debug_vector, Block::debug);
    gate(fault_vector, Block::fault);
}

/// Notes the frame on top of the stack, in a record that it takes for itself: an NMI may come meanwhile.
Bytes GuestCode::record(std::uint8_t vector) const {
    const std::uint8_t word_size = wide_ ? 8 : 4;
    // Above the two registers that are saved, and above the error code.
    const auto frame = static_cast<std::uint8_t>(2 * word_size + (vector == fault_vector ? word_size : 0));
    Bytes bytes = {0x50, 0x53};  // push %rax; push %rbx
    const auto add = [&](const Bytes& instruction, const Bytes& operand = {}) {
        if (wide_) {
            bytes.push_back(0x48);  // REX.W
        }
        append(bytes, instruction);
        append(bytes, operand);
    };
    bytes.push_back(0xbb);  // mov $record_size, %ebx
    append(bytes, word(layout::record_size));
    add(wide_ ? Bytes{0x0f, 0xc1, 0x1c, 0x25} : Bytes{0x0f, 0xc1, 0x1d}, word(layout::log_next));  // xadd
    add({0x8b, 0x44, 0x24, frame});                                             // mov frame(%rsp), %rax
    add({0x89, 0x03});                                                          // mov %rax, (%rbx)
    add({0x8b, 0x44, 0x24, static_cast<std::uint8_t>(frame + 2 * word_size)});  // the flags
    add({0x89, 0x43, 8});                                                       // mov %rax, 8(%rbx)
    append(bytes, {0x0f, 0x21, 0xf0});                                          // mov %dr6, %rax
    add({0x89, 0x43, 16});
    add({0xc7, 0x43, 24}, word(vector));  // mov $vector, 24(%rbx)
    append(bytes, {0x5b, 0x58});          // pop %rbx; pop %rax
    return bytes;
}

/// Touches what the delivery of an NMI needs, which is then mapped in nested paging.
Bytes GuestCode::touch() const {
    Bytes bytes;
    for (const std::uint64_t page : {layout::gdt, layout::idt, layout::code + layout::page - 8, layout::data,
                                     layout::stack, layout::log}) {
        append(bytes, wide_ ? Bytes{0x83, 0x0c, 0x25} : Bytes{0x83, 0x0d});  // orl $0, page + 0x800
        append(bytes, word((page & ~(layout::page - 1)) + 0x800));
        bytes.push_back(0);
    }
    return bytes;
}

Bytes GuestCode::encode(Op op, Block block, std::size_t index) const {
    switch (op) {
        case Op::nop:
            return warm_up_ && block == Block::body ? touch() : Bytes{0x90};
        case Op::mov_ss:
            return {0x8e, 0xd3};  // mov %ebx, %ss
        case Op::pushf:
            return {0x9c};
        case Op::pop_flags: {
            Bytes bytes = wide_ ? Bytes{0x8f, 0x04, 0x25} : Bytes{0x8f, 0x05};
            append(bytes, word(layout::flags + index * 8));
            return bytes;
        }
        case Op::hlt:
            return {0xf4};
        case Op::iret:
            return wide_ ? Bytes{0x48, 0xcf} : Bytes{0xcf};
        case Op::self_nmi:
            return {0x0f, 0x30};  // wrmsr, with the registers from the start
        case Op::stop:
            return {0xe6, stop_port};
        case Op::end:
            return {0xe6, end_port};
        case Op::record:
            return record(block == Block::nmi     ? nmi_vector
                          : block == Block::debug ? debug_vector
                                                  : fault_vector);
        case Op::clear_tf:
            break;
    }
    return wide_ ? Bytes{0x48, 0x81, 0x64, 0x24, 16, 0xff, 0xfe, 0xff, 0xff}  // and $~TF, 16(%rsp)
                 : Bytes{0x81, 0x64, 0x24, 8, 0xff, 0xfe, 0xff, 0xff};
}

void GuestCode::write_block(Block block, const std::vector<Op>& ops) {
    std::uint64_t at = block_base(block);
    auto& starts = starts_[static_cast<std::size_t>(block)];
    for (std::size_t i = 0; i < ops.size(); ++i) {
        starts.push_back(at);
        for (const std::uint8_t byte : encode(ops[i], block, i)) {
            put(at++, byte, 1);
        }
    }
    starts.push_back(at);
    if (at > block_base(block) + 0x800) {
        throw Error("a scenario does not fit into its guest");
    }
}

/// As an interrupt would have pushed them. Each one's stack pointer is where the next one is.
void GuestCode::write_frames(const model::Scenario& scenario) {
    const std::uint64_t word_size = wide_ ? 8 : 4;
    const std::uint64_t frame_size = (wide_ ? 5 : 3) * word_size;
    const bool other = scenario.start.untouched == model::Untouched::stack;
    const std::uint64_t top = (other ? layout::other_stack : layout::stack) + layout::page - 0x100;
    std::uint64_t at = top - scenario.start.frames.size() * frame_size;
    rsp_ = at;
    for (const model::Frame& frame : scenario.start.frames) {
        const std::uint64_t words[] = {address(frame.at), frame.bad ? no_selector : code_selector,
                                       flags_of(frame.tf, frame.iff), at + frame_size, data_selector};
        for (std::uint64_t i = 0; i * word_size < frame_size; ++i) {
            put(at + i * word_size, words[i], static_cast<unsigned>(word_size));
        }
        at += frame_size;
    }
}

std::uint64_t GuestCode::address(model::Position position) const {
    return starts_[static_cast<std::size_t>(position.block)].at(position.index);
}

std::optional<model::Position> GuestCode::position(std::uint64_t address) const {
    for (const Block block : model::all_blocks) {
        const auto& starts = starts_[static_cast<std::size_t>(block)];
        const auto next = std::ranges::upper_bound(starts, address);
        if (next == starts.begin() || (next == starts.end() && starts.back() != address)) {
            continue;
        }
        auto index = static_cast<std::size_t>(next - starts.begin() - 1);
        // A record that has its place in the log comes before whatever interrupts the rest of it.
        const std::uint64_t has_place = wide_ ? 16 : 14;
        if (block != Block::body && index == 0 && address >= starts.front() + has_place) {
            ++index;
        }
        return model::Position{block, index};
    }
    return std::nullopt;
}

}  // namespace nmistorm::conform
