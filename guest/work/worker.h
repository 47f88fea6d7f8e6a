// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// The work of every CPU other than the updater's between NMIs: the kinds in Boot::work, in random order, for
/// Boot::work_rounds rounds.
[[noreturn]] void run_worker();
