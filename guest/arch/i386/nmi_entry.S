/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMI entry, on the stack of what was interrupted: the CPU pushed eflags, cs, eip (SDM 3A,
 * 6.12.1).
 *
 * The NMI path must not fault, use the FPU, or execute IRET before its end: IRET unmasks NMIs.
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
        .cfi_def_cfa %esp, 3 * 4
        .cfi_offset %eip, -3 * 4
        incl    %gs:NMISTORM_NMI_ENTRIES
        push    $0
        .cfi_adjust_cfa_offset 4
        push_regs
#ifdef NMISTORM_FAULT_clobbered_register
        /* It does not save edi. Only hold_registers is hit, since other code would crash. */
        planted
        mov     7 * 4 + 4(%esp), %eax   /* the interrupted eip */
        sub     $registers_held, %eax
        cmp     $registers_held_size, %eax
        jae     1f
        movl    $0, (%esp)
1:
#endif
        mov     %gs:NMISTORM_NMI_ENTRIES, %eax
        sub     %gs:NMISTORM_NMI_EXITS, %eax
        cmp     $1, %eax
        jbe     1f
        incl    %gs:NMISTORM_NMI_NESTED /* the NMI before has not ended */
1:
        mov     %esp, %eax
        cld
        push    $0                      /* do_nmi(regs, error_code) */
        .cfi_adjust_cfa_offset 4
        push    %eax
        .cfi_adjust_cfa_offset 4
        call    do_nmi
        add     $8, %esp
        .cfi_adjust_cfa_offset -8
        pop_regs
        add     $4, %esp
        .cfi_adjust_cfa_offset -4
        incl    %gs:NMISTORM_NMI_EXITS
        iret
        .cfi_endproc
        .size   nmi_entry, . - nmi_entry

#ifdef NMISTORM_FAULT_early_iret
        .globl  iret_to_caller
        .type   iret_to_caller, @function
iret_to_caller:
        planted
        pop     %edx                    /* return address */
        pushfl
        push    %cs
        push    %edx
        iret
        .size   iret_to_caller, . - iret_to_caller
#endif

        .section .note.GNU-stack, "", @progbits
