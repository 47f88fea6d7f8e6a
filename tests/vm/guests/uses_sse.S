/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Once online it has an effect that an exploration cannot undo. */
#include "guest.inc"

        .globl  _start
_start: mov     $nmi, %eax
        route   2, 1
        load_idt
        go_online
        pause
        test    %esi, %esi
        jnz     rest
        cvtsi2sd %ecx, %xmm0
rest:   pause
        jmp     rest
nmi:    incl    %gs:NMISTORM_NMI_ENTRIES
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
