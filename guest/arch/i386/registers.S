/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_registers: see arch/registers.h. Register number n holds seed + n. The rounds are counted on the
 * stack, so that no register changes. */

#include "pt_regs.inc"

        .macro  check number, reg
        lea     -\number(\reg), \reg
        cmp     4(%esp), \reg
        mov     $\number + 1, %eax
        jne     .Lout
        .endm

        .text
        .globl  hold_registers
        .type   hold_registers, @function
hold_registers:
        .cfi_startproc
        mov     4(%esp), %eax
        push_kept_regs
        .globl  registers_held, registers_held_size /* where a clobbered register harms no caller */
registers_held:
        push    %eax                    /* 4(%esp): the seed */
        .cfi_adjust_cfa_offset 4
        push    $64                     /* 0(%esp): rounds */
        .cfi_adjust_cfa_offset 4
        lea     1(%eax), %ecx
        lea     2(%eax), %edx
        lea     3(%eax), %ebx
        lea     5(%eax), %ebp
        lea     6(%eax), %esi
        lea     7(%eax), %edi
1:      pause
        decl    (%esp)
        jnz     1b

        cmp     4(%esp), %eax
        mov     $1, %eax
        jne     .Lout
        check   1, %ecx
        check   2, %edx
        check   3, %ebx
        check   5, %ebp
        check   6, %esi
        check   7, %edi
        xor     %eax, %eax
.Lout:
        registers_held_size = . - registers_held
        add     $8, %esp
        .cfi_adjust_cfa_offset -8
        pop_kept_regs
        ret
        .cfi_endproc
        .size   hold_registers, . - hold_registers

        .section .note.GNU-stack, "", @progbits
