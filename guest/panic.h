// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Tells the host that this CPU cannot go on (shared::Panic) and halts it for good. @p what is for the
/// reader of the source: the host reports where it was called.
[[noreturn]] void panic(const char* what);
