// SPDX-License-Identifier: GPL-2.0-or-later
#include "decode/instruction.h"

#include <Zydis/Zydis.h>

#include "decode/confined.h"

namespace nmistorm::decode {

struct Decoder::Zydis {
    ZydisDecoder decoder{};
    ZydisFormatter formatter{};
    ZydisMachineMode mode{};
    ZydisStackWidth width{};
};

namespace {

Instruction::Kind kind_of(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_NOP:
            return Instruction::Kind::nop;
        case ZYDIS_MNEMONIC_PAUSE:
            return Instruction::Kind::pause;
        case ZYDIS_MNEMONIC_HLT:
            return Instruction::Kind::halt;
        case ZYDIS_MNEMONIC_IRET:
        case ZYDIS_MNEMONIC_IRETD:
        case ZYDIS_MNEMONIC_IRETQ:
            return Instruction::Kind::iret;
        case ZYDIS_MNEMONIC_RDTSC:
            return Instruction::Kind::rdtsc;
        case ZYDIS_MNEMONIC_RET:
            return Instruction::Kind::ret;
        case ZYDIS_MNEMONIC_PUSHF:
        case ZYDIS_MNEMONIC_PUSHFD:
        case ZYDIS_MNEMONIC_PUSHFQ:
            return Instruction::Kind::pushf;
        case ZYDIS_MNEMONIC_POPF:
        case ZYDIS_MNEMONIC_POPFD:
        case ZYDIS_MNEMONIC_POPFQ:
            return Instruction::Kind::popf;
        case ZYDIS_MNEMONIC_OUT:
            return Instruction::Kind::out;
        default:
            return Instruction::Kind::other;
    }
}

bool repeats(const ZydisDecodedInstruction& instruction) {
    return (instruction.attributes &
            (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
}

bool falls_through(const ZydisDecodedInstruction& instruction) {
    switch (instruction.meta.category) {
        case ZYDIS_CATEGORY_CALL:
        case ZYDIS_CATEGORY_COND_BR:
        case ZYDIS_CATEGORY_INTERRUPT:
        case ZYDIS_CATEGORY_RET:
        case ZYDIS_CATEGORY_SYSCALL:
        case ZYDIS_CATEGORY_SYSRET:
        case ZYDIS_CATEGORY_UNCOND_BR:
            return false;
        default:
            break;
    }
    return !repeats(instruction);
}

MemoryOperand::Segment segment_of(ZydisRegister segment) {
    return segment == ZYDIS_REGISTER_GS   ? MemoryOperand::Segment::gs
           : segment == ZYDIS_REGISTER_FS ? MemoryOperand::Segment::fs
                                          : MemoryOperand::Segment::flat;
}

/// The number of a general register; no_register for none and for the instruction pointer.
std::int8_t number_of(ZydisRegister reg) {
    const ZydisRegisterClass kind = ZydisRegisterGetClass(reg);
    const bool general = kind == ZYDIS_REGCLASS_GPR64 || kind == ZYDIS_REGCLASS_GPR32;
    return general ? static_cast<std::int8_t>(ZydisRegisterGetId(reg)) : MemoryOperand::no_register;
}

constexpr std::int8_t stack_pointer = 4;

MemoryOperand operand_of(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand& operand,
                         GuestVirt at) {
    MemoryOperand memory;
    memory.base = number_of(operand.mem.base);
    memory.index = number_of(operand.mem.index);
    memory.scale = operand.mem.scale;
    memory.segment = segment_of(operand.mem.segment);
    memory.displacement = operand.mem.disp.has_displacement ? operand.mem.disp.value : 0;
    memory.size = operand.size / 8;
    memory.read = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
    memory.written = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    memory.narrow = instruction.address_width == 32;
    memory.repeated = repeats(instruction);
    if (operand.mem.base == ZYDIS_REGISTER_RIP || operand.mem.base == ZYDIS_REGISTER_EIP) {
        memory.displacement += static_cast<std::int64_t>(at.value) + instruction.length;
    }
    // A push writes below the stack pointer's old value.
    if (operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && memory.base == stack_pointer &&
        memory.written) {
        memory.displacement -= memory.size;
    }
    // POP computes its destination address with the new stack pointer (SDM 2B, POP).
    if (instruction.mnemonic == ZYDIS_MNEMONIC_POP &&
        operand.visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT && memory.base == stack_pointer) {
        memory.displacement += memory.size;
    }
    return memory;
}

}  // namespace

Decoder::Decoder(image::ElfMachine machine) : zydis_(std::make_unique<Zydis>()) {
    const bool i386 = machine == image::ElfMachine::i386;
    zydis_->mode = i386 ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LONG_64;
    zydis_->width = i386 ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_64;
    ZydisDecoderInit(&zydis_->decoder, zydis_->mode, zydis_->width);
    ZydisFormatterInit(&zydis_->formatter, ZYDIS_FORMATTER_STYLE_ATT);
}

Decoder::Decoder(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

std::optional<Instruction> Decoder::decode(std::span<const std::byte> code, GuestVirt at) const {
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&zydis_->decoder, code.data(), code.size(), &decoded, operands))) {
        return std::nullopt;
    }
    Instruction instruction;
    instruction.address = at;
    instruction.length = decoded.length;
    instruction.kind = kind_of(decoded.mnemonic);
    instruction.falls_through = falls_through(decoded);
    instruction.confined = is_confined(decoded, {operands, decoded.operand_count});
    if (instruction.kind == Instruction::Kind::out && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        instruction.port = static_cast<std::int16_t>(operands[0].imm.value.u & 0xff);
    }
    if (instruction.kind == Instruction::Kind::nop) {
        return instruction;  // its operand only gives its length
    }
    for (unsigned i = 0; i < decoded.operand_count; ++i) {
        const ZydisDecodedOperand& operand = operands[i];
        if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN ||
            operand.size == 0 || operand.actions == 0) {
            continue;
        }
        if (instruction.operands == instruction.memory.size()) {
            instruction.confined = false;  // there is no room to record this operand
            break;
        }
        instruction.memory[instruction.operands++] = operand_of(decoded, operand, at);
    }
    if (instruction.kind == Instruction::Kind::iret && instruction.operands == 1) {
        // IRET to the same privilege level; the guest has no other.
        instruction.memory[0].size = zydis_->mode == ZYDIS_MACHINE_MODE_LONG_64 ? 5 * 8 : 3 * 4;
    }
    return instruction;
}

std::string Decoder::text(std::span<const std::byte> code, GuestVirt at) const {
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    char text[96];
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&zydis_->decoder, code.data(), code.size(), &decoded, operands)) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&zydis_->formatter, &decoded, operands,
                                                      decoded.operand_count_visible, text, sizeof(text),
                                                      at.value, nullptr))) {
        return "(bad)";
    }
    return text;
}

}  // namespace nmistorm::decode
