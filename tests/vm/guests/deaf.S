/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Masks NMIs for good before it comes online: it never returns from the first, which it does not count. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      pause
        jmp     1b
nmi:    pause
        jmp     nmi
