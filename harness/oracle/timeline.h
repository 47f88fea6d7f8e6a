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
    std::uint64_t call = 0;                   ///< when it said what it loaded; 0: not yet
    std::uint32_t callback = 0;               ///< loaded
    std::optional<std::uint32_t> generation;  ///< published with it, 0 for the dummy; none: not known
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

/// What the events so far say about the guest: the rules' shared knowledge, in bounded memory.
/// While an event is being judged, it is the state just before that event.
///
/// After a gap it knows only what it sees begin from there on, and the dummy's address; the *_known()
/// say whether something that it does not know cannot exist either.
class Timeline {
  public:
    explicit Timeline(unsigned vcpus) : nmi_(vcpus), reader_(vcpus) {}

    /// The vCPU of @p event must exist.
    void apply(const Event& event);
    void gap();

    [[nodiscard]] unsigned vcpus() const { return static_cast<unsigned>(nmi_.size()); }
    [[nodiscard]] const std::optional<NmiSection>& nmi(unsigned vcpu) const { return nmi_.at(vcpu); }
    [[nodiscard]] const std::optional<ReaderSection>& reader(unsigned vcpu) const { return reader_.at(vcpu); }

    /// The one under way.
    [[nodiscard]] const std::optional<GracePeriod>& grace_period() const { return grace_period_; }
    [[nodiscard]] bool grace_periods_known() const { return grace_periods_known_; }

    [[nodiscard]] const Generations& generations() const { return generations_; }

    /// What @p callback was published with last; null for the dummy and where it is not known.
    [[nodiscard]] const Generation* data_of(std::uint32_t callback) const;
    [[nodiscard]] bool allocations_known() const { return allocations_known_; }

    /// The callback of generation 0, once it was published.
    [[nodiscard]] std::optional<std::uint32_t> dummy() const { return dummy_; }

    /// Every callback that a handler may load is the dummy or in generations(). What nmi_callback held
    /// at first, if the guest does not say that it was the dummy, or holds after a gap, is not known until
    /// it was replaced and a grace period has passed: a handler that loaded it before says so as late as
    /// that.
    [[nodiscard]] bool callbacks_known() const { return callbacks_known_; }

  private:
    void call_nmi(const Event& event);
    void publish(const Event& event);
    void update_generations(const Event& event);
    void forget_callbacks();
    void end_grace_period(const Event& event);

    std::vector<std::optional<NmiSection>> nmi_;  // by vCPU
    std::vector<std::optional<ReaderSection>> reader_;
    std::optional<GracePeriod> grace_period_;
    Generations generations_;
    std::optional<std::uint32_t> dummy_;

    bool grace_periods_known_ = true;
    bool allocations_known_ = true;
    bool callbacks_known_ = false;
    bool from_start_ = true;                 ///< what is known of callbacks goes back to the start
    bool publish_seen_ = false;              ///< since callbacks are not known
    std::optional<std::uint64_t> replaced_;  ///< the first retire after that publish
};

}  // namespace nmistorm::oracle
