/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spins before it comes online. */
#include "guest.inc"
        .globl  _start
_start: jmp     _start
