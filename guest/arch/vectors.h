/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Of exception_entries in arch/exception_stubs.inc, which arch/idt.cpp makes gates to. */
#define EXCEPTION_VECTORS 32
#define EXCEPTION_STUB_SIZE 16 /* bytes */
