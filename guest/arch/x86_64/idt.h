// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Fills the one IDT of all CPUs (each writes the same) and loads it on this one: NMI to nmi_entry
/// on the NMI stack, every exception to exception() on the exception stack.
void idt_load();
