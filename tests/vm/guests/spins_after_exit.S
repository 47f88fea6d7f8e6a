/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts an NMI and its exit as it should, but never returns from it. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      pause
        jmp     1b
nmi:    incl    %gs:CPU_PAGE_ENTRIES
        incl    %gs:CPU_PAGE_COUNT
        incl    %gs:CPU_PAGE_DUMMY
        incl    %gs:CPU_PAGE_DEFAULTED
        incl    %gs:CPU_PAGE_EXITS
2:      pause
        jmp     2b
