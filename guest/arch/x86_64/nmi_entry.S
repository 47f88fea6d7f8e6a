/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMI and exception entry. On an IST stack the CPU pushed ss, rsp, rflags, cs, rip (SDM 3A, 6.14).
 *
 * The NMI path must not fault, use the FPU, or execute IRET before its end: IRET unmasks NMIs, and
 * the next one would start at the top of the same stack.
 */

#include <nmistorm/abi/assembly.h>

#include "arch/vectors.h"
#include "fault/planted.inc"

        .macro  push_regs
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        .endm

        .macro  pop_regs
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        .endm

        .text
        .globl  nmi_entry
        .type   nmi_entry, @function
nmi_entry:
        incl    %gs:NMISTORM_NMI_ENTRIES
        push    $0
        push_regs
#ifdef NMISTORM_FAULT_clobbered_register
        /* It does not save r11. Only hold_registers is hit, since other code would crash. */
        planted
        mov     15 * 8 + 8(%rsp), %rax  /* the interrupted rip */
        sub     $registers_held, %rax
        cmp     $registers_held_size, %rax
        jae     1f
        movq    $0, 6 * 8(%rsp)
1:
#endif
        mov     %gs:NMISTORM_NMI_ENTRIES, %eax
        sub     %gs:NMISTORM_NMI_EXITS, %eax
        cmp     $1, %eax
        jbe     1f
        incl    %gs:NMISTORM_NMI_NESTED /* the NMI before has not ended */
1:
        mov     %rsp, %rdi              /* do_nmi(regs, error_code) */
        xor     %esi, %esi
        cld
        call    do_nmi
        pop_regs
        add     $8, %rsp
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
        .size   nmi_entry, . - nmi_entry

#ifdef NMISTORM_FAULT_early_iret
        .globl  iret_to_caller
        .type   iret_to_caller, @function
iret_to_caller:
        planted
        pop     %rdx                    /* return address */
        mov     %rsp, %rcx
        mov     %ss, %eax
        push    %rax
        push    %rcx
        pushfq
        mov     %cs, %eax
        push    %rax
        push    %rdx
        iretq
        .size   iret_to_caller, . - iret_to_caller
#endif

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

exception_common:
        xchg    %rdi, (%rsp)            /* vector out, rdi in its place: the first of push_regs */
        push    %rsi
        mov     %rdi, %rsi              /* exception(regs, vector) */
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, %rdi
        cld
        call    exception               /* does not return */
        ud2

        .section .note.GNU-stack, "", @progbits
