/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes NMIs correctly, counts swaps forever and never reads Boot::stop. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      incl    %gs:NMISTORM_SWAPS
        pause
        jmp     1b
nmi:    incl    %gs:NMISTORM_NMI_ENTRIES
        incl    %gs:NMISTORM_NMI_COUNT
        incl    %gs:NMISTORM_NMI_CALLBACKS
        incl    %gs:NMISTORM_NMI_DUMMY
        incl    %gs:NMISTORM_NMI_DEFAULTED
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
