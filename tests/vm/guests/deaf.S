/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Masks NMIs for good before it comes online: it does not return from the first one, nor counts it. */
#include "guest.inc"
        .globl  _start
_start: take_nmis_at nmi
        go_online
1:      pause
        jmp     1b
nmi:    pause
        jmp     nmi
