// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/explored_guest.h"

namespace nmistorm::guests {
namespace {

constexpr const char* watched_names[] = {"set_nmi_callback", "unset_nmi_callback", "synchronize_sched",
                                         "kmalloc", "kfree"};

std::optional<GuestVirt> address_of(const image::Image& image, const char* name) {
    const auto symbol = image.symbol(name);
    return symbol ? std::optional(symbol->address) : std::nullopt;
}

}  // namespace

Landmarks::Landmarks(const image::Image& image)
    : nmi_callback(address_of(image, "nmi_callback")),
      dummy_callback(address_of(image, "dummy_nmi_callback")),
      preempt_count(image.member_offset("percpu", "preempt_count")),
      generation(image.member_offset("nmi_data", "generation")) {
    for (std::size_t i = 0; i < functions.size(); ++i) {
        functions[i] = address_of(image, watched_names[i]);
    }
}

std::string Landmarks::missing() const {
    std::string names;
    const auto say = [&names](bool there, const char* name) {
        if (!there) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
    };
    for (std::size_t i = 0; i < functions.size(); ++i) {
        say(functions[i].has_value(), watched_names[i]);
    }
    say(nmi_callback.has_value(), "nmi_callback");
    say(dummy_callback.has_value(), "dummy_nmi_callback");
    say(preempt_count.has_value(), "percpu::preempt_count");
    say(generation.has_value(), "nmi_data::generation");
    return names;
}

}  // namespace nmistorm::guests
