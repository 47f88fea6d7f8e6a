// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Fills the IDT, which all CPUs share (each writes the same), and loads it on this CPU. NMIs lead to
/// nmi_entry and exceptions to exception(), each on its own stack if the architecture has interrupt stacks.
void idt_load();
