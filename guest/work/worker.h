// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// What every CPU but the updater's does between NMIs: of what Boot::work names, in random order and
/// Boot::work_rounds times.
[[noreturn]] void run_worker();
