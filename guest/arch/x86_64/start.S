/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry point of every CPU: edi = shared::Boot, esi = CPU number, on a stack of its own (abi/boot.h). */

        .cfi_sections .debug_frame
        .section .text.start, "ax"
        .globl  _start
        .type   _start, @function
_start:
        .cfi_startproc
        .cfi_undefined %rip          /* nothing called it */
        xor     %ebp, %ebp
        call    start_cpu               /* start_cpu(boot, cpu) does not return */
        ud2
        .cfi_endproc
        .size   _start, . - _start

        .section .note.GNU-stack, "", @progbits
