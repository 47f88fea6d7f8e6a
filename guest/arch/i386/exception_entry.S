/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exception entry. The CPU pushed eflags, cs, eip and, for some, an error code (SDM 3A, 6.12.1). */

#include "arch/exception_stubs.inc"
#include "pt_regs.inc"

        .text
        .type   exception_common, @function
exception_common:
        .cfi_startproc simple
        .cfi_signal_frame
        .cfi_def_cfa %esp, 5 * 4        /* vector, error code, and what the CPU pushed */
        .cfi_offset %eip, -3 * 4
        xchg    %eax, (%esp)            /* vector out, eax in its place: the first of pt_regs */
        .cfi_rel_offset %eax, 0
        push_other_regs
        mov     %esp, %ecx
        cld
        push    %eax                    /* exception(regs, vector) */
        .cfi_adjust_cfa_offset 4
        push    %ecx
        .cfi_adjust_cfa_offset 4
        call    exception               /* does not return */
        ud2
        .cfi_endproc
        .size   exception_common, . - exception_common

        .section .note.GNU-stack, "", @progbits
