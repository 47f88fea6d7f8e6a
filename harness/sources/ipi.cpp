// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_source.h"

#include "base/error.h"

namespace nmistorm::sources {
namespace {

/// The source ipi: a vCPU, most often another one, writes the NMI to its local APIC's ICR (SDM 3A, 11.6.1 and
/// 11.12.9), where it next looks whether one is wanted. An NMI counts as accepted once the guest was asked
/// for it.
class Ipi final : public AnyThreadSource {
  public:
    explicit Ipi(guests::Guest& guest) : guest_(guest) {}

    bool make_nmi(unsigned cpu) override {
        guest_.want_ipi(cpu);
        return true;
    }
    [[nodiscard]] bool comes_later() const override { return true; }
    [[nodiscard]] std::uint32_t under_way(unsigned cpu) const override { return guest_.ipis_under_way(cpu); }

  private:
    guests::Guest& guest_;
};

}  // namespace

std::unique_ptr<NmiSource> make_ipi(guests::Guest& guest) {
    if (!guest.sends_ipis()) {
        throw HostCannot("this host's KVM offers no x2APIC, which the source ipi needs: use --apic xapic");
    }
    return std::make_unique<Ipi>(guest);
}

}  // namespace nmistorm::sources
