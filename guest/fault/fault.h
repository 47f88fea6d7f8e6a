// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nmistorm/abi/fault.h>

using nmistorm::abi::Fault;

/// The deliberate bug of this image; set by CMake, one image each. Every fault stands at the one place
/// it concerns, behind `if constexpr (fault == Fault::...)`, and says planted() there.
inline constexpr Fault fault = Fault::NMISTORM_FAULT;

/// Marks faulty code: notes its address in the section .nmistorm.planted. The section is absent from
/// a clean image and present in every other, which a test holds against both.
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
