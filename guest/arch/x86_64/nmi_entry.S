/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMI entry. On an IST stack the CPU pushed ss, rsp, rflags, cs, rip (SDM 3A, 6.14).
 *
 * The NMI path must not fault, use the FPU, or execute IRET before its end: IRET unmasks NMIs, and
 * the next one would start at the top of the same stack.
 */

#include <nmistorm/abi/assembly.h>

#include "fault/planted.inc"
#include "pt_regs.inc"

        .text
        .globl  nmi_entry
        .type   nmi_entry, @function
nmi_entry:
        .cfi_startproc simple
        .cfi_signal_frame               /* what it interrupted may be at any instruction */
        .cfi_def_cfa %rsp, 5 * 8
        .cfi_offset %rip, -5 * 8
        .cfi_offset %rsp, -2 * 8
        incl    %gs:NMISTORM_NMI_ENTRIES
        push    $0
        .cfi_adjust_cfa_offset 8
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
        .cfi_adjust_cfa_offset -8
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
        .cfi_endproc
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

        .section .note.GNU-stack, "", @progbits
