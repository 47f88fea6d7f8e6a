/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes NMIs as it should, counts swaps for ever and never looks at Boot::stop. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      incl    %gs:CPU_PAGE_SWAPS
        pause
        jmp     1b
nmi:    incl    %gs:CPU_PAGE_ENTRIES
        incl    %gs:CPU_PAGE_COUNT
        incl    %gs:CPU_PAGE_DUMMY
        incl    %gs:CPU_PAGE_DEFAULTED
        incl    %gs:CPU_PAGE_EXITS
        iretq
