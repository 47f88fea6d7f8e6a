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
        case Stall::What::deadlock:
            break;
    }
    return "stood still";
}

}  // namespace

void Progress::finish(const Observation& observation, const Tally&, FindingSink& sink) {
    for (const FatalExit& fatal_exit : observation.fatal_exits) {
        on(fatal_exit, sink);
    }
    for (const Stall& stall : observation.stalls) {
        if (stall.what != Stall::What::delivery) {  // the rule delivery reports that one
            judge(stall, sink);
        }
    }
}

void Progress::judge(const Stall& stall, FindingSink& sink) {
    if (stall.what == Stall::What::deadlock) {
        on(Deadlock{stall.vcpu, {stall.ip}}, sink);
    } else {
        sink.report(Rule::progress, {stall.vcpu, instruction(stall.ip), {}}, "vCPU {} {} in {:.1f} s",
                    stall.vcpu, text(stall.what), stall.seconds);
    }
}

void Progress::on(const Deadlock& deadlock, FindingSink& sink) {
    sink.report(Rule::progress, {deadlock.vcpu, instruction(deadlock.ip.value), {}},
                "no vCPU can go on, and the swap is not over: vCPU {} waits for what will not happen",
                deadlock.vcpu);
}

void Progress::on(const FatalExit& fatal_exit, FindingSink& sink) {
    sink.report(Rule::progress, {fatal_exit.vcpu, instruction(fatal_exit.ip), {}}, "{}", text_of(fatal_exit));
}

}  // namespace nmistorm::oracle::rules
