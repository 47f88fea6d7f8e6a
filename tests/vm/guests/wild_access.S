/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to an I/O port without a device. */
#include "guest.inc"
        .globl  _start
_start: go_online
        mov     $0x1234, %dx
        outb    %al, %dx
        ud2
