// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// CPU 0's work: swaps handlers in the cycle the host asked for until it says stop, then frees
/// everything, says done and idles.
[[noreturn]] void run_updater();
