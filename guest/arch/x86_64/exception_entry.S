/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exception entry. On an IST stack the CPU pushed ss, rsp, rflags, cs, rip (SDM 3A, 6.14). */

#include "arch/push_reg.inc"
#include "arch/vectors.h"

        .text
/* One stub a vector, EXCEPTION_STUB_SIZE apart: pushes what the CPU did not, then the vector, and joins. */
        .balign EXCEPTION_STUB_SIZE
        .globl  exception_entries
        .type   exception_entries, @function
exception_entries:
        vector = 0
        .rept   EXCEPTION_VECTORS
        .org    exception_entries + vector * EXCEPTION_STUB_SIZE /* an error if the one before is longer */
        /* SDM 3A, table 6-1: #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX push an error code. */
        .if (0x60227d00 >> vector) & 1
        .else
        push    $0
        .endif
        push    $vector
        jmp     exception_common
        vector = vector + 1
        .endr
        .size   exception_entries, . - exception_entries

        .type   exception_common, @function
exception_common:
        .cfi_startproc simple
        .cfi_signal_frame
        .cfi_def_cfa %rsp, 7 * 8        /* vector, error code, and what the CPU pushed */
        .cfi_offset %rip, -5 * 8
        .cfi_offset %rsp, -2 * 8
        xchg    %rdi, (%rsp)            /* vector out, rdi in its place: the first of push_regs */
        .cfi_rel_offset %rdi, 0
        push_reg %rsi
        mov     %rdi, %rsi              /* exception(regs, vector) */
        push_reg %rdx
        push_reg %rcx
        push_reg %rax
        push_reg %r8
        push_reg %r9
        push_reg %r10
        push_reg %r11
        push_reg %rbx
        push_reg %rbp
        push_reg %r12
        push_reg %r13
        push_reg %r14
        push_reg %r15
        mov     %rsp, %rdi
        cld
        call    exception               /* does not return */
        ud2
        .cfi_endproc
        .size   exception_common, . - exception_common

        .section .note.GNU-stack, "", @progbits
