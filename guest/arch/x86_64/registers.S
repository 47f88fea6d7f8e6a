/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_registers: see arch/registers.h. Register number n holds seed + n. The rounds are counted on the
 * stack, so that no register changes. */

#include "pt_regs.inc"

        .macro  check number, reg
        lea     -\number(\reg), \reg
        cmp     8(%rsp), \reg
        mov     $\number + 1, %eax
        jne     .Lout
        .endm

        .text
        .globl  hold_registers
        .type   hold_registers, @function
hold_registers:
        .cfi_startproc
        push_kept_regs
        mov     %edi, %eax
        mov     %rax, %rcx
        shl     $32, %rcx
        or      %rcx, %rax              /* so that neither half of a register is zero */
        .globl  registers_held, registers_held_size /* where a clobbered register harms no caller */
registers_held:
        push    %rax                    /* 8(%rsp): the seed */
        .cfi_adjust_cfa_offset 8
        push    $64                     /* 0(%rsp): rounds */
        .cfi_adjust_cfa_offset 8
        lea     1(%rax), %rcx
        lea     2(%rax), %rdx
        lea     3(%rax), %rbx
        lea     5(%rax), %rbp
        lea     6(%rax), %rsi
        lea     7(%rax), %rdi
        lea     8(%rax), %r8
        lea     9(%rax), %r9
        lea     10(%rax), %r10
        lea     11(%rax), %r11
        lea     12(%rax), %r12
        lea     13(%rax), %r13
        lea     14(%rax), %r14
        lea     15(%rax), %r15
1:      pause
        decl    (%rsp)
        jnz     1b

        cmp     8(%rsp), %rax
        mov     $1, %eax
        jne     .Lout
        check   1, %rcx
        check   2, %rdx
        check   3, %rbx
        check   5, %rbp
        check   6, %rsi
        check   7, %rdi
        check   8, %r8
        check   9, %r9
        check   10, %r10
        check   11, %r11
        check   12, %r12
        check   13, %r13
        check   14, %r14
        check   15, %r15
        xor     %eax, %eax
.Lout:
        registers_held_size = . - registers_held
        add     $16, %rsp
        .cfi_adjust_cfa_offset -16
        pop_kept_regs
        ret
        .cfi_endproc
        .size   hold_registers, . - hold_registers

        .section .note.GNU-stack, "", @progbits
