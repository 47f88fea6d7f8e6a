// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/model/scenario.h"

namespace nmistorm::conform::model {

std::string_view name(Block block) {
    constexpr std::string_view names[] = {"body", "nmi", "debug", "fault"};
    return names[static_cast<std::size_t>(block)];
}

const std::vector<Op>& ops(const Scenario& scenario, Block block) {
    static const std::vector<Op> debug = {Op::record, Op::clear_tf, Op::iret};
    static const std::vector<Op> fault = {Op::record, Op::end};
    switch (block) {
        case Block::body:
            return scenario.body;
        case Block::nmi:
            return scenario.nmi;
        case Block::debug:
            return debug;
        case Block::fault:
            break;
    }
    return fault;
}

std::string_view name(Op op) {
    constexpr std::string_view names[] = {"nop",
                                          "mov to ss",
                                          "pushf",
                                          "pop flags",
                                          "hlt",
                                          "iret",
                                          "wrmsr ICR",
                                          "out (stop)",
                                          "out (end)",
                                          "record",
                                          "clear TF in the frame"};
    return names[static_cast<std::size_t>(op)];
}

}  // namespace nmistorm::conform::model
