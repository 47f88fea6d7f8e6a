// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conform/model/clause.h"

namespace nmistorm::conform {

/// What a KVM is known to do against a clause of the model (known.def).
struct Deviation {
    std::string_view id;  ///< "amd-set-bounded"
    model::Clause clause;
    std::string_view backend;    ///< kvm::backend()
    std::pair<int, int> from;    ///< the first Linux that does so; {0, 0}: since ever
    std::pair<int, int> before;  ///< the first one that does not; {0, 0}: every later one does
    std::string_view file;       ///< of the kernel's sources, or what else does it
    std::string_view function;
    std::string_view says;
};

const std::vector<Deviation>& all_deviations();

/// Those of the KVM @p backend in the kernel @p release (kvm::kernel_release()).
std::vector<Deviation> known_for(const std::string& backend, const std::string& release);

}  // namespace nmistorm::conform
