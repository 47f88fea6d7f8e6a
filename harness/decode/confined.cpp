// SPDX-License-Identifier: GPL-2.0-or-later
#include "decode/confined.h"

#include <algorithm>
#include <iterator>

namespace nmistorm::decode {
namespace {

/// Instructions that every x86 has. Those of extensions are in `by_name`, or their extension in `extensions`.
constexpr ZydisInstructionCategory categories[] = {
    ZYDIS_CATEGORY_ADOX_ADCX, ZYDIS_CATEGORY_BINARY,   ZYDIS_CATEGORY_BITBYTE,  ZYDIS_CATEGORY_BMI1,
    ZYDIS_CATEGORY_BMI2,      ZYDIS_CATEGORY_CALL,     ZYDIS_CATEGORY_CMOV,     ZYDIS_CATEGORY_COND_BR,
    ZYDIS_CATEGORY_CONVERT,   ZYDIS_CATEGORY_DATAXFER, ZYDIS_CATEGORY_DECIMAL,  ZYDIS_CATEGORY_FLAGOP,
    ZYDIS_CATEGORY_LOGICAL,   ZYDIS_CATEGORY_LZCNT,    ZYDIS_CATEGORY_NOP,      ZYDIS_CATEGORY_POP,
    ZYDIS_CATEGORY_PUSH,      ZYDIS_CATEGORY_RET,      ZYDIS_CATEGORY_ROTATE,   ZYDIS_CATEGORY_SEMAPHORE,
    ZYDIS_CATEGORY_SETCC,     ZYDIS_CATEGORY_SHIFT,    ZYDIS_CATEGORY_STRINGOP, ZYDIS_CATEGORY_UNCOND_BR,
    ZYDIS_CATEGORY_WIDENOP,
};

constexpr ZydisISAExt extensions[] = {
    ZYDIS_ISA_EXT_ADOX_ADCX, ZYDIS_ISA_EXT_BASE,  ZYDIS_ISA_EXT_BMI1,  ZYDIS_ISA_EXT_BMI2,
    ZYDIS_ISA_EXT_LONGMODE,  ZYDIS_ISA_EXT_LZCNT, ZYDIS_ISA_EXT_MOVBE,
};

constexpr ZydisMnemonic by_name[] = {
    ZYDIS_MNEMONIC_ENDBR32,     ZYDIS_MNEMONIC_ENDBR64,  // NOPs, since CET is off
    ZYDIS_MNEMONIC_HLT,                                  // never run: a vCPU at HLT waits for an NMI
    ZYDIS_MNEMONIC_INT3,                                 // an exception, which ends the guest
    ZYDIS_MNEMONIC_LEA,         ZYDIS_MNEMONIC_LEAVE,      ZYDIS_MNEMONIC_LFENCE,
    ZYDIS_MNEMONIC_MFENCE,      ZYDIS_MNEMONIC_SFENCE,
    ZYDIS_MNEMONIC_OUT,  // depending on the port
    ZYDIS_MNEMONIC_PAUSE,       ZYDIS_MNEMONIC_POPCNT,     ZYDIS_MNEMONIC_PREFETCH,
    ZYDIS_MNEMONIC_PREFETCHNTA, ZYDIS_MNEMONIC_PREFETCHT0, ZYDIS_MNEMONIC_PREFETCHT1,
    ZYDIS_MNEMONIC_PREFETCHT2,  ZYDIS_MNEMONIC_PREFETCHW,
    ZYDIS_MNEMONIC_RDTSC,  // emulated by the harness
    ZYDIS_MNEMONIC_UD0,         ZYDIS_MNEMONIC_UD1,        ZYDIS_MNEMONIC_UD2,
};

template <typename List, typename Value>
bool is_in(const List& list, Value value) {
    return std::ranges::find(list, value) != std::end(list);
}

bool is_general(ZydisRegister reg) {
    switch (ZydisRegisterGetClass(reg)) {
        case ZYDIS_REGCLASS_GPR8:
        case ZYDIS_REGCLASS_GPR16:
        case ZYDIS_REGCLASS_GPR32:
        case ZYDIS_REGCLASS_GPR64:
        case ZYDIS_REGCLASS_FLAGS:
        case ZYDIS_REGCLASS_IP:
            return true;
        default:
            return false;
    }
}

/// The operand is a register that MemoryOperand can express, or none.
bool addresses(ZydisRegister reg) {
    const ZydisRegisterClass kind = ZydisRegisterGetClass(reg);
    return reg == ZYDIS_REGISTER_NONE || reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP ||
           kind == ZYDIS_REGCLASS_GPR64 || kind == ZYDIS_REGCLASS_GPR32;
}

bool is_confined(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand& operand) {
    switch (operand.type) {
        case ZYDIS_OPERAND_TYPE_IMMEDIATE:
            return true;
        case ZYDIS_OPERAND_TYPE_REGISTER:
            return is_general(operand.reg.value) ||
                   (ZydisRegisterGetClass(operand.reg.value) == ZYDIS_REGCLASS_SEGMENT &&
                    (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0);
        case ZYDIS_OPERAND_TYPE_MEMORY:
            return operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN ||
                   (operand.mem.type == ZYDIS_MEMOP_TYPE_MEM && operand.size != 0 && operand.size % 8 == 0 &&
                    instruction.address_width != 16 && addresses(operand.mem.base) &&
                    addresses(operand.mem.index));
        default:
            return false;  // a far pointer
    }
}

/// BT and similar instructions with the bit number in a register access any address, not only the operand's
/// memory.
bool reaches_beyond_its_operand(const ZydisDecodedInstruction& instruction,
                                std::span<const ZydisDecodedOperand> operands) {
    switch (instruction.mnemonic) {
        case ZYDIS_MNEMONIC_BT:
        case ZYDIS_MNEMONIC_BTC:
        case ZYDIS_MNEMONIC_BTR:
        case ZYDIS_MNEMONIC_BTS:
            return operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
                   operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
        default:
            return false;
    }
}

/// The width of IRET that belongs to this mode.
bool is_wrong_iret(const ZydisDecodedInstruction& instruction) {
    const bool long_mode = instruction.machine_mode == ZYDIS_MACHINE_MODE_LONG_64;
    switch (instruction.mnemonic) {
        case ZYDIS_MNEMONIC_IRET:
            return true;
        case ZYDIS_MNEMONIC_IRETD:
            return long_mode;
        case ZYDIS_MNEMONIC_IRETQ:
            return !long_mode;
        default:
            return false;
    }
}

bool is_known(const ZydisDecodedInstruction& instruction) {
    if (is_in(by_name, instruction.mnemonic)) {
        return true;
    }
    return is_in(categories, instruction.meta.category) && is_in(extensions, instruction.meta.isa_ext) &&
           instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR &&
           instruction.mnemonic != ZYDIS_MNEMONIC_STI;  // its interrupt shadow is no flag (SDM 3A, 6.8.3)
}

}  // namespace

bool is_confined(const ZydisDecodedInstruction& instruction, std::span<const ZydisDecodedOperand> operands) {
    if (instruction.meta.category == ZYDIS_CATEGORY_NOP ||
        instruction.meta.category == ZYDIS_CATEGORY_WIDENOP) {
        return true;  // its operands only give its length
    }
    return is_known(instruction) && !is_wrong_iret(instruction) &&
           !reaches_beyond_its_operand(instruction, operands) &&
           std::ranges::all_of(operands,
                               [&](const auto& operand) { return is_confined(instruction, operand); });
}

}  // namespace nmistorm::decode
