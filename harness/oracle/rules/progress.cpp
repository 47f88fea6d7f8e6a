// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/progress.h"

#include <string_view>

namespace nmistorm::oracle::rules {

namespace {

std::string_view text(Stall::What what) {
    switch (what) {
        case Stall::What::boot:
            return "did not come online";
        case Stall::What::handler:
            return "did not return from an NMI handler";
        case Stall::What::grace_period:
            return "did not return from synchronize_sched()";
        case Stall::What::swap:
            return "made no progress with its swap";
        case Stall::What::delivery:
            return "did not handle an NMI";
        case Stall::What::finish:
            return "did not end although it was asked to";
    }
    return "stood still";
}

}  // namespace

void Progress::finish(const Observation& observation) {
    for (const FatalExit& fatal_exit : observation.fatal_exits) {
        judge(fatal_exit);
    }
    for (const Stall& stall : observation.stalls) {
        if (stall.what != Stall::What::delivery) {  // the rule delivery reports that one
            stalled(stall);
        }
    }
}

void Progress::stalled(const Stall& stall) {
    sink().report(Rule::progress, {stall.vcpu, instruction(stall.ip), {}}, "vCPU {} {} in {:.1f} s",
                  stall.vcpu, text(stall.what), stall.seconds);
}

void Progress::judge(const FatalExit& fatal_exit) {
    sink().report(Rule::progress, {fatal_exit.vcpu, instruction(fatal_exit.ip), {}}, "{}",
                  text_of(fatal_exit));
}

}  // namespace nmistorm::oracle::rules
