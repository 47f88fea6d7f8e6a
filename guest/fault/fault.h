// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nmistorm/abi/fault.h>

using nmistorm::abi::Fault;

/// The deliberate bug of this image. CMake builds one image for each fault. The code of a fault is where the
/// bug would be, behind `if constexpr (fault == Fault::...)`, and begins with planted().
inline constexpr Fault fault = Fault::NMISTORM_FAULT;

/// Marks faulty code: records its address in the section .nmistorm.planted. A clean image lacks the section
/// and every other image has it; a test checks both.
inline __attribute__((always_inline)) void planted() {
#ifndef NMISTORM_FAKE_CPU
    __asm__ volatile(
        "1:\n"
        ".pushsection .nmistorm.planted, \"a\"\n"
        ".long 1b\n"
        ".popsection");
#endif
}

/// Fault::early_iret: returns to its caller by IRET, which unmasks NMIs. In arch/*/nmi_entry.S.
extern "C" void iret_to_caller();
