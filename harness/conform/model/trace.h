// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "conform/model/scenario.h"

namespace nmistorm::conform::model {

/// One thing that was seen of a guest, or that may be.
struct Event {
    enum class Kind {
        nmi,     ///< its handler was entered: `at`, `tf`, `iff` are of the frame, `bs` of DR6
        debug,   ///< that of a debug trap
        fault,   ///< that of #GP
        flags,   ///< PUSHF at `at` pushed `tf` and `iff`
        look,    ///< KVM_GET_VCPU_EVENTS said `pending`, `masked`, `shadow`
        asleep,  ///< the vCPU sleeps
        end,     ///< the guest came to its end, where KVM_GET_VCPU_EVENTS said `pending` and `masked`
        stuck,   ///< it did not, in much more time than it takes; never permitted
        died,    ///< the vCPU stopped otherwise, as by a triple fault; never permitted
    };
    Kind kind = Kind::end;
    Position at = {};
    bool tf = false;
    bool iff = false;
    bool bs = false;
    unsigned pending = 0;
    bool masked = false;
    bool shadow = false;
    auto operator<=>(const Event&) const = default;
};

/// All of one run, in order. What PUSHF pushed comes at the next stop, after what handlers recorded.
using Trace = std::vector<Event>;

/// "NMI at body+1 (IF)", "2 pending and masked"
std::string to_string(const Event& event);
/// With ", " between them; equal ones in a row as "3 x ..."
std::string to_string(const Trace& trace);

}  // namespace nmistorm::conform::model
