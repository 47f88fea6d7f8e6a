// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "oracle/event.h"
#include "oracle/generations.h"

namespace nmistorm::oracle {

/// An NMI handler between nmi_enter and nmi_leave.
struct NmiSection {
    std::uint64_t enter = 0;
    std::uint64_t call = 0;                   ///< order of the event that reported the load; 0: not yet
    std::uint32_t callback = 0;               ///< the one that was loaded
    std::optional<std::uint32_t> generation;  ///< published with it; 0 for the dummy; none: not known
};

/// A reader between reader_enter and reader_leave.
struct ReaderSection {
    std::uint64_t enter = 0;
    std::uint32_t generation = 0;  ///< 0 for none
};

struct GracePeriod {
    std::uint32_t number = 0;
    std::uint64_t begin = 0;
};

/// What the events so far tell about the guest: the shared knowledge of the rules, in bounded memory. While
/// an event is judged, this is the state just before that event.
///
/// After a gap it knows only what begins after the gap, and the dummy's address. The *_known() functions tell
/// whether there can be anything that it does not know.
class Timeline {
  public:
    explicit Timeline(unsigned vcpus) : nmi_(vcpus), reader_(vcpus), online_(vcpus) {}

    /// The vCPU of @p event must exist.
    void apply(const Event& event);
    void gap();

    [[nodiscard]] unsigned vcpus() const { return static_cast<unsigned>(nmi_.size()); }
    [[nodiscard]] const std::optional<NmiSection>& nmi(unsigned vcpu) const { return nmi_.at(vcpu); }
    [[nodiscard]] const std::optional<ReaderSection>& reader(unsigned vcpu) const { return reader_.at(vcpu); }

    /// By the vCPU's last event about it; none if it sent none, as vCPUs that are never hotplugged.
    [[nodiscard]] std::optional<bool> online(unsigned vcpu) const { return online_.at(vcpu); }

    /// The grace period under way.
    [[nodiscard]] const std::optional<GracePeriod>& grace_period() const { return grace_period_; }
    [[nodiscard]] bool grace_periods_known() const { return grace_periods_known_; }

    [[nodiscard]] const Generations& generations() const { return generations_; }

    /// The data that @p callback was last published with; null for the dummy and if it is not known.
    [[nodiscard]] const Generation* data_of(std::uint32_t callback) const;
    [[nodiscard]] bool allocations_known() const { return allocations_known_; }

    /// The callback of generation 0, known once it was published.
    [[nodiscard]] std::optional<std::uint32_t> dummy() const { return dummy_; }

    /// Every callback that a handler may load is the dummy or in generations(). The initial value of
    /// nmi_callback is not known if the guest does not report that it was the dummy, and after a gap its
    /// value is not known either. It then becomes known after it was replaced and a grace period has passed,
    /// since a handler that loaded it earlier may report it until then.
    [[nodiscard]] bool callbacks_known() const { return callbacks_known_; }

  private:
    void call_nmi(const Event& event);
    void publish(const Event& event);
    void update_generations(const Event& event);
    void forget_callbacks();
    void end_grace_period(const Event& event);

    std::vector<std::optional<NmiSection>> nmi_;  // by vCPU
    std::vector<std::optional<ReaderSection>> reader_;
    std::vector<std::optional<bool>> online_;
    std::optional<GracePeriod> grace_period_;
    Generations generations_;
    std::optional<std::uint32_t> dummy_;

    bool grace_periods_known_ = true;
    bool allocations_known_ = true;
    bool callbacks_known_ = false;
    bool from_start_ = true;                 ///< callbacks are known from the start on
    bool publish_seen_ = false;              ///< since callbacks became unknown
    std::optional<std::uint64_t> replaced_;  ///< the first retire after that publish
};

}  // namespace nmistorm::oracle
