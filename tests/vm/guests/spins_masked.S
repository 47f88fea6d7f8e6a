/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Its NMI handler never returns, so that NMIs stay masked. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      pause
        jmp     1b
nmi:    incl    %gs:NMISTORM_NMI_ENTRIES
2:      pause
        jmp     2b
