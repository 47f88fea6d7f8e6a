/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comes online and takes an exception without an IDT. */
#include "guest.inc"
        .globl  _start
_start: go_online
        ud2
