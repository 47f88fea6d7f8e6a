// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "guests/guest.h"
#include "oracle/delivery_ledger.h"
#include "plan/run_plan.h"

namespace nmistorm::sources {

class AnyThreadSource;

/// A way to make NMIs happen.
class NmiSource {
  public:
    NmiSource() = default;
    NmiSource(const NmiSource&) = delete;
    NmiSource& operator=(const NmiSource&) = delete;
    virtual ~NmiSource() = default;

    /// Makes one NMI on @p vcpu, on its thread, outside the guest. Returns whether KVM accepted it. No other
    /// source is asked for one on this vCPU meanwhile.
    virtual bool make_nmi(unsigned cpu, kvm::Vcpu& vcpu) = 0;

    /// How many of its NMIs may wait in KVM at a time.
    [[nodiscard]] virtual oracle::DeliveryLimits limits() const { return {}; }

    /// Its NMIs reach KVM some time after make_nmi(), while the vCPU runs.
    [[nodiscard]] virtual bool comes_later() const { return false; }
    /// How many of them have not reached KVM yet. Any thread may ask.
    [[nodiscard]] virtual std::uint32_t under_way(unsigned /*cpu*/) const { return 0; }

    /// The VM of its guest is about to be replaced by another one (GuestVm::renew()). When it returns, its
    /// NMIs are nowhere but in guest memory and in the vCPUs' state. No vCPU runs.
    virtual void leave_vm() {}
    /// The VM was replaced.
    virtual void enter_vm() {}

    /// This source, if other threads can make its NMIs while the vCPU runs; else null.
    [[nodiscard]] virtual AnyThreadSource* from_any_thread() { return nullptr; }
};

/// A source whose NMIs any thread can make, while the vCPU runs, too.
class AnyThreadSource : public NmiSource {
  public:
    /// Makes one NMI on @p cpu. Returns whether KVM accepted it.
    virtual bool make_nmi(unsigned cpu) = 0;

    bool make_nmi(unsigned cpu, kvm::Vcpu& /*vcpu*/) final { return make_nmi(cpu); }
    [[nodiscard]] AnyThreadSource* from_any_thread() final { return this; }
};

/// Each makes a source for the vCPUs of @p guest, which must outlive it. Whoever runs the vCPUs takes them
/// out of the VM later, so a source keeps no reference to them. Throws HostCannot if this KVM lacks the
/// source, and UsageError if it cannot serve so many vCPUs.
#define NMISTORM_SOURCE(enumerator, name, by) \
    std::unique_ptr<NmiSource> make_##enumerator(guests::Guest& guest);
#include "plan/source.def"

struct NamedSource {
    plan::Source name{};
    std::unique_ptr<NmiSource> source;
};

struct Sources {
    std::vector<NamedSource> made;      ///< at least one
    std::vector<std::string> left_out;  ///< "irqfd: this host's KVM lacks ..."
};

/// Makes the sources that @p wanted names. If it names all there are, those that cannot be made are left out.
/// Else throws as make_...() does.
Sources make_sources(const std::vector<plan::Source>& wanted, guests::Guest& guest);

}  // namespace nmistorm::sources
