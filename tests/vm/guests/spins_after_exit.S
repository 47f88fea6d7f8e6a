/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts an NMI and its exit correctly, but never returns from it. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      pause
        jmp     1b
nmi:    incl    %gs:NMISTORM_NMI_ENTRIES
        incl    %gs:NMISTORM_NMI_COUNT
        incl    %gs:NMISTORM_NMI_CALLBACKS
        incl    %gs:NMISTORM_NMI_DUMMY
        incl    %gs:NMISTORM_NMI_DEFAULTED
        incl    %gs:NMISTORM_NMI_EXITS
2:      pause
        jmp     2b
