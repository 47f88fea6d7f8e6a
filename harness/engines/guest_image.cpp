// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/guest_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "guests/kinds.h"
#include "image/embedded.h"
#include "plan/names.h"

namespace nmistorm::engines {
namespace {

template <typename Plan>
image::Image embedded(const Plan& plan) {
    std::string fault(plan::name(plan.fault));
    std::ranges::replace(fault, '-', '_');
    return image::embedded(fmt::format("guest_{}_{}", plan::name(plan.arch), fault), plan.guest_build);
}

template <typename Plan>
image::Image image_of(const Plan& plan) {
    if (!plan.guest_file) {
        return embedded(plan);
    }
    image::Image image = image::Image::from_file(*plan.guest_file);
    const plan::Arch arch =
        image.machine() == image::ElfMachine::i386 ? plan::Arch::i386 : plan::Arch::x86_64;
    if (arch != plan.arch) {
        throw UsageError(fmt::format("{}: built for {}, but the run is one of {}: use --arch {}",
                                     image.name(), plan::name(arch), plan::name(plan.arch),
                                     plan::name(arch)));
    }
    guests::kind_of(image);  // throws if there is none
    return image;
}

template <typename Plan>
std::optional<std::string> build_of(const Plan& plan) {
    return plan.guest_file ? std::nullopt : std::optional(plan.guest_build.value_or(image::default_build()));
}

}  // namespace

image::Image guest_image(const plan::RunPlan& plan) {
    return image_of(plan);
}

image::Image guest_image(const plan::ExplorePlan& plan) {
    return image_of(plan);
}

std::optional<std::string> build_of_guest(const plan::RunPlan& plan) {
    return build_of(plan);
}

std::optional<std::string> build_of_guest(const plan::ExplorePlan& plan) {
    return build_of(plan);
}

}  // namespace nmistorm::engines
