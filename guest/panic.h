// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Tells the host that this CPU cannot go on (shared::Panic) and halts it for good. @p what is a comment for
/// the reader of the source. The host reports the address of the call.
[[noreturn]] void panic(const char* what);
