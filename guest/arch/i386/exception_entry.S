/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exception entry. The CPU pushed eflags, cs, eip and, for some, an error code (SDM 3A, 6.12.1). */

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
        .cfi_def_cfa %esp, 5 * 4        /* vector, error code, and what the CPU pushed */
        .cfi_offset %eip, -3 * 4
        xchg    %eax, (%esp)            /* vector out, eax in its place: the first of push_regs */
        .cfi_rel_offset %eax, 0
        push_reg %ecx
        push_reg %edx
        push_reg %ebx
        push_reg %ebp
        push_reg %esi
        push_reg %edi
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
