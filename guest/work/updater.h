// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// The work of CPU 0: swaps handlers in the cycle that the host asked for until the host sets `stop`. Then it
/// frees everything, reports `done` and idles.
[[noreturn]] void run_updater();
