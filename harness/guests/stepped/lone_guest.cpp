// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/lone_guest.h"

#include <algorithm>
#include <utility>

namespace nmistorm::guests {

LoneGuest::LoneGuest(const kvm::System& system, const image::Image& image)
    : vm_(system, image, {.vcpus = 1, .events = false, .published_us = 0, .handler_us = 0, .work_us = 0}) {}

bool LoneGuest::online() const {
    return machine::load(vm_.cpu_page(0).state) == abi::CpuState::online;
}

bool LoneGuest::handled() const {
    return machine::load(vm_.cpu_page(0).counters.nmi_exits) != 0;
}

std::optional<GuestPhys> LoneGuest::difference(const LoneGuest& other, std::uint64_t sp) const {
    const Layout& layout = vm_.layout();
    for (const auto& [begin, end] : {std::pair(image::image_begin.value, layout.stacks.value),
                                     {sp, layout.task_stack(0).value},
                                     {layout.rings.value, layout.size}}) {
        const auto mine = memory().span({begin}, end - begin);
        const auto its = other.memory().span({begin}, end - begin);
        const auto where = std::ranges::mismatch(mine, its).in1;
        if (where != mine.end()) {
            return GuestPhys{begin + static_cast<std::uint64_t>(where - mine.begin())};
        }
    }
    return {};
}

}  // namespace nmistorm::guests
