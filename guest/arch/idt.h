// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Fills the one IDT of all CPUs (each writes the same) and loads it on this one: NMI to nmi_entry,
/// every exception to exception(), each on a stack of its own where the architecture has such.
void idt_load();
