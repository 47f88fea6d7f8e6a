// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/coverage.h"

#include <algorithm>

#include "decode/function.h"

namespace nmistorm::engines::explore {
namespace {

constexpr std::string_view functions[] = {
    "nmi_entry",
    "do_nmi",
    "rcu_nmi_enter",
    "rcu_nmi_exit",
    "dummy_nmi_callback",
    "default_do_nmi",
    "set_nmi_callback",
    "unset_nmi_callback",
    "synchronize_sched",
    "wait_for_all_cpus",
    "rcu_sched_qs",
    "kmalloc",
    "kfree",
    "nmi_data_init",
    "nmi_data_begin",
    "nmi_data_end",
    "nmi_data_check",
};

oracle::Covered cover(const image::Image& image, const decode::Decoder& decoder, const image::Symbol& symbol,
                      const guests::Discovered& discovered) {
    oracle::Covered covered{.function = symbol.base_name(), .reached = 0, .all = 0, .missed = {}};
    bool missing = false;
    for (const decode::Instruction& instruction : decode::instructions_of(decoder, image, symbol)) {
        const std::uint64_t index = instruction.address.value - image::image_begin.value;
        const bool reached = index < discovered.covered.size() && discovered.covered[index];
        if (!reached && instruction.kind == decode::Instruction::Kind::nop) {
            continue;  // padding that aligns the next code
        }
        ++covered.all;
        covered.reached += reached ? 1 : 0;
        if (!reached && !missing) {
            covered.missed.push_back(instruction.address);
        }
        missing = !reached;
    }
    return covered;
}

}  // namespace

std::vector<oracle::Covered> coverage(const image::Image& image, const guests::Discovered& discovered) {
    const decode::Decoder decoder(image.machine());
    std::vector<oracle::Covered> result;
    for (const image::Symbol& symbol : image.symbols()) {
        if (symbol.function && !symbol.is_cold_part() &&
            std::ranges::find(functions, symbol.base_name()) != std::end(functions)) {
            result.push_back(cover(image, decoder, symbol, discovered));
        }
    }
    return result;
}

}  // namespace nmistorm::engines::explore
