/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exception entry. On an IST stack the CPU pushed ss, rsp, rflags, cs, rip (SDM 3A, 6.14). */

#include "arch/exception_stubs.inc"
#include "pt_regs.inc"

        .text
        .type   exception_common, @function
exception_common:
        .cfi_startproc simple
        .cfi_signal_frame
        .cfi_def_cfa %rsp, 7 * 8        /* vector, error code, and what the CPU pushed */
        .cfi_offset %rip, -5 * 8
        .cfi_offset %rsp, -2 * 8
        xchg    %rdi, (%rsp)            /* vector out, rdi in its place: the first of pt_regs */
        .cfi_rel_offset %rdi, 0
        push_other_regs
        mov     %rdi, %rsi              /* exception(regs, vector) */
        mov     %rsp, %rdi
        cld
        call    exception               /* does not return */
        ud2
        .cfi_endproc
        .size   exception_common, . - exception_common

        .section .note.GNU-stack, "", @progbits
