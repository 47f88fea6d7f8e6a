// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conform/model/scenario.h"
#include "kvm/irqchip.h"
#include "plan/run_plan.h"

namespace nmistorm::conform {

enum class State {
#define NMISTORM_VCPU_STATE(enumerator, name, what) enumerator,
#include "conform/state.def"
};
inline constexpr State all_states[] = {
#define NMISTORM_VCPU_STATE(enumerator, name, what) State::enumerator,
#include "conform/state.def"
};

/// What makes a case's NMIs.
enum class Source {
    kvm_nmi,  ///< KVM_NMI
    events,   ///< KVM_SET_VCPU_EVENTS, which sets how many are pending
    msi,      ///< KVM_SIGNAL_MSI
    ipi,      ///< the guest itself, by its local APIC in x2APIC mode
};
inline constexpr Source all_sources[] = {Source::kvm_nmi, Source::events, Source::msi, Source::ipi};

/// One of the battery: a point of the product, or a random walk.
struct Case {
    plan::Arch arch = plan::Arch::x86_64;
    kvm::Irqchip irqchip = kvm::Irqchip::kernel;
    State state = State::plain;
    Source source = Source::kvm_nmi;
    unsigned nmis = 1;
    model::Between between = model::Between::none;
    unsigned stop = 0;                       ///< at which stop `between` is done
    std::optional<std::uint32_t> walk = {};  ///< its number; then nothing between `irqchip` and this counts
    auto operator<=>(const Case&) const = default;
};

/// "x86_64/kernel/in-handler/kvm-nmi/2/fresh@1", "i386/split/walk/17". No two cases have the same.
std::string name(const Case& each);
/// The inverse for walks, which no list has.
std::optional<Case> parse_walk(std::string_view word);
/// In a sentence, for who has never seen a name.
std::string describe(const Case& each);

std::string_view name(kvm::Irqchip irqchip);
std::string_view name(model::Between between);

/// What is run.
model::Scenario scenario_of(const Case& each);

/// The whole product without what makes no sense: what a KVM without local APICs cannot do, what the guest
/// cannot do to itself, and twins of other cases.
std::vector<Case> product();

/// Those with a name that @p glob matches (glob(7), and * matches / too); of a walk's own name that one.
/// @p walks more of each architecture and irqchip, from number @p seed on, before.
std::vector<Case> battery(const std::string& glob, std::uint32_t seed, unsigned walks);

}  // namespace nmistorm::conform
