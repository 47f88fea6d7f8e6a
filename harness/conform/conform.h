// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conform/case.h"
#include "conform/judge.h"
#include "conform/known.h"
#include "kvm/system.h"

/// What this KVM does with NMIs in every state, held against a model of what it must do.
namespace nmistorm::conform {

/// All of one `nmistorm conform`.
struct Results {
    std::vector<Judged> cases = {};
    std::vector<Deviation> known = {};  ///< those of this KVM
    /// Every case of the product was asked for, so that a known deviation that was not seen has gone.
    bool whole = false;
    bool interrupted = false;
    double seconds = 0;
    unsigned vms = 0;  ///< that were made
};

struct Watch {
    std::function<void(std::size_t done, std::size_t of)> status = [](std::size_t, std::size_t) {};
    std::function<bool()> interrupted = [] { return false; };
};

/// Runs @p cases, and judges each. One thread; a VM serves all cases of an architecture and a kind of
/// interrupt controllers until one does not go as it must.
Results conform(const kvm::System& system, const std::vector<Case>& cases,
                const std::vector<Deviation>& known, const Watch& watch = {});

}  // namespace nmistorm::conform
