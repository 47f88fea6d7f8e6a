// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "oracle/allocations.h"
#include "oracle/fact.h"

namespace nmistorm::oracle {

/// An NMI handler for which grace periods wait: between NmiEntered, and NmiLeft or CallbackEnded.
struct NmiSection {
    std::uint64_t enter = 0;                       ///< its order
    std::uint32_t callback = 0;                    ///< the first value of nmi_callback that it loaded
    std::optional<std::uint32_t> generation = {};  ///< published with it; 0 for the dummy; none: not known
    bool loaded = false;                           ///< it has loaded nmi_callback
    bool freed = false;  ///< that generation was freed since; after CallbackEnded, some if it is not known
};

/// A reader between ReaderBegan and ReaderEnded.
struct ReaderSection {
    std::uint64_t enter = 0;       ///< its order
    std::uint32_t generation = 0;  ///< 0 for none
};

/// A call of synchronize_sched() that has not returned.
struct GracePeriod {
    unsigned vcpu = 0;  ///< the caller
    bool in_nmi = false;
    std::uint32_t number = 0;
    std::uint64_t begin = 0;  ///< its order
};

/// One publication of a callback. A callback gets new data only after its previous data was freed, so the
/// last publication of a callback tells which data its handler uses.
struct Publication {
    std::uint32_t callback = 0;
    std::optional<std::uint32_t> generation = {};  ///< 0: the dummy; none: not known
    bool published = false;                        ///< it was seen; otherwise only what came later
    std::optional<std::uint64_t> retired = {};     ///< order
    bool waited = false;    ///< a grace period began after the retire and has ended: nobody may load it
    bool unloaded = false;  ///< the handler's code was destroyed
};

/// What the facts so far tell about the guest: the shared knowledge of the rules, in bounded memory. While a
/// fact is judged, this is the state just before it. It is a value: exploring keeps one for each state.
///
/// After a gap it knows only what begins after the gap, and the dummy's address. The *_known() functions tell
/// whether there can be anything that it does not know.
class World {
  public:
    explicit World(unsigned vcpus) : cpus_(vcpus) {}

    // The vCPU of @p at must exist.
    void apply(const At& at, const fact::NmiTaken&);
    void apply(const At& at, const fact::NmiEntered&);
    void apply(const At& at, const fact::CallbackLoaded& loaded);
    void apply(const At& at, const fact::CallbackEnded&);
    void apply(const At& at, const fact::NmiLeft&);
    void apply(const At& at, const fact::NmiReturned&);
    void apply(const At& at, const fact::ReaderBegan& began);
    void apply(const At& at, const fact::ReaderEnded&);
    void apply(const At& at, const fact::Published& published);
    void apply(const At& at, const fact::Retired& retired);
    void apply(const At& at, const fact::GracePeriodBegan& began);
    void apply(const At& at, const fact::GracePeriodEnded& ended);
    void apply(const At& at, const fact::Allocated& allocated);
    void apply(const At& at, const fact::Freed& freed);
    void apply(const At& at, const fact::Touched& touched) { (void)at, allocations_.apply(touched); }
    void apply(const At& at, const fact::CodeDestroyed& destroyed);
    void apply(const At& at, const fact::WentOnline&) { cpus_.at(at.vcpu).online = true; }
    void apply(const At& at, const fact::WentOffline&) { cpus_.at(at.vcpu).online = false; }
    static void apply(const At&, const auto&) {}
    void gap();

    [[nodiscard]] unsigned vcpus() const { return static_cast<unsigned>(cpus_.size()); }
    /// Between NmiTaken and NmiReturned.
    [[nodiscard]] bool nmi_taken(unsigned vcpu) const { return cpus_.at(vcpu).nmi_taken; }
    [[nodiscard]] const std::optional<NmiSection>& nmi(unsigned vcpu) const { return cpus_.at(vcpu).nmi; }
    /// The handler whose callback has ended; it has not left.
    [[nodiscard]] const std::optional<NmiSection>& ended(unsigned vcpu) const { return cpus_.at(vcpu).ended; }
    /// Callbacks of this guest end by CallbackEnded, not by NmiLeft.
    [[nodiscard]] bool tells_callback_end() const { return tells_callback_end_; }
    [[nodiscard]] const std::optional<ReaderSection>& reader(unsigned vcpu) const {
        return cpus_.at(vcpu).reader;
    }

    /// By the vCPU's last fact about it; none if there is none, as for vCPUs that are never hotplugged.
    [[nodiscard]] std::optional<bool> online(unsigned vcpu) const { return cpus_.at(vcpu).online; }

    /// The grace period that the code at @p at waits for; null if there is none.
    [[nodiscard]] const GracePeriod* grace_period(const At& at) const;
    [[nodiscard]] bool in_grace_period() const { return !grace_periods_.empty(); }
    /// A grace period of the caller at @p at cannot have begun unseen.
    [[nodiscard]] bool grace_period_known(const At& at) const {
        return !cpus_.at(at.vcpu).grace_period_lost[at.in_nmi ? 1 : 0];
    }

    [[nodiscard]] const Allocations& allocations() const { return allocations_; }
    [[nodiscard]] bool allocations_known() const { return allocations_known_; }
    /// The generation is that of a block that was freed.
    [[nodiscard]] bool freed(std::optional<std::uint32_t> generation) const;

    /// The last publication of @p callback; null if it is not known.
    [[nodiscard]] const Publication* publication(std::uint32_t callback) const;
    /// The last one with this data.
    [[nodiscard]] const Publication* publication_with(std::uint32_t generation) const;

    /// The callback of generation 0, known once it was published.
    [[nodiscard]] std::optional<std::uint32_t> dummy() const { return dummy_; }

    /// publication() knows every callback that a handler may load. The initial value of nmi_callback is not
    /// known if the guest does not report that it was the dummy, and after a gap its value is not known
    /// either. It then becomes known after it was replaced and a grace period has passed, since a handler
    /// that loaded it earlier may report it until then.
    [[nodiscard]] bool callbacks_known() const { return callbacks_known_; }

    /// On the heap.
    [[nodiscard]] std::size_t bytes() const {
        return cpus_.capacity() * sizeof(Cpu) + grace_periods_.capacity() * sizeof(GracePeriod) +
               publications_.capacity() * sizeof(Publication) + allocations_.bytes();
    }

    /// Passes on, as words in a fixed order, all that later judgements depend on. Of orders that is only
    /// which of two came first.
    template <typename Add>
    void words(Add add) const;

  private:
    struct Cpu {
        std::optional<NmiSection> nmi;
        std::optional<ReaderSection> reader;
        std::optional<bool> online;
        bool nmi_taken = false;
        std::optional<NmiSection> ended;
        std::array<bool, 2> grace_period_lost{};  ///< by in_nmi: one may have begun in a gap
    };

    Publication& append(const Publication& publication);
    Publication& publication_to_change(std::uint32_t callback, std::optional<std::uint32_t> generation);
    void forget(const GracePeriod* one);
    void forget_callbacks();

    std::vector<Cpu> cpus_;
    std::vector<GracePeriod> grace_periods_;  ///< at most one of each caller
    std::vector<Publication> publications_;   ///< the last published is last
    Allocations allocations_;
    std::optional<std::uint32_t> dummy_;

    bool tells_callback_end_ = false;
    bool allocations_known_ = true;
    bool callbacks_known_ = false;
    bool from_start_ = true;                 ///< callbacks are known from the start on
    bool publish_seen_ = false;              ///< since callbacks became unknown
    std::optional<std::uint64_t> replaced_;  ///< order of the first retire after that publish
};

template <typename Add>
void World::words(Add add) const {
    const auto add_optional = [&add](const std::optional<std::uint32_t>& value) {
        add(value ? std::uint64_t{1} << 32 | *value : 0);
    };
    const auto add_before = [&](std::uint64_t order) {
        std::uint64_t bits = 0;
        for (const GracePeriod& each : grace_periods_) {
            bits = bits << 1 | (order < each.begin ? 1 : 0);
        }
        add(bits);
    };
    for (const GracePeriod& each : grace_periods_) {
        add(std::uint64_t{each.number} << 32 | std::uint64_t{each.vcpu} << 1 | (each.in_nmi ? 1 : 0));
    }
    add(grace_periods_.size());
    for (const Cpu& cpu : cpus_) {
        add((cpu.nmi_taken ? 1U : 0U) | (cpu.nmi ? 2U : 0U) | (cpu.reader ? 4U : 0U) |
            (cpu.online ? 8U : 0U) | (cpu.online.value_or(false) ? 16U : 0U) |
            (cpu.grace_period_lost[0] ? 32U : 0U) | (cpu.grace_period_lost[1] ? 64U : 0U) |
            (cpu.ended ? 128U : 0U));
        if (cpu.ended) {
            add_optional(cpu.ended->generation);
            add(cpu.ended->freed ? 1 : 0);
        }
        if (cpu.nmi) {
            add_before(cpu.nmi->enter);
            add(cpu.nmi->callback | std::uint64_t{cpu.nmi->loaded} << 32 |
                std::uint64_t{cpu.nmi->freed} << 33);
            add_optional(cpu.nmi->generation);
        }
        if (cpu.reader) {
            add_before(cpu.reader->enter);
            add(cpu.reader->generation);
        }
    }
    for (const Publication& each : publications_) {
        add(each.callback | std::uint64_t{each.published} << 32 |
            std::uint64_t{each.retired.has_value()} << 33 | std::uint64_t{each.waited} << 34 |
            std::uint64_t{each.unloaded} << 35);
        add_optional(each.generation);
        if (each.retired) {
            add_before(*each.retired);
        }
    }
    add(publications_.size());
    for (const Allocation& each : allocations_.all()) {
        constexpr std::uint64_t low = ~std::uint64_t{0};
        add_optional(each.generation);
        add_optional(each.block);
        add(each.size | std::uint64_t{each.freed} << 32);
        add((each.written & std::bitset<Allocation::tracked_words>(low)).to_ullong());
        add((each.written >> 64).to_ullong());
    }
    add(allocations_.all().size());
    add_optional(dummy_);
    add((tells_callback_end_ ? 1U : 0U) | (allocations_known_ ? 2U : 0U) | (callbacks_known_ ? 4U : 0U) |
        (from_start_ ? 8U : 0U) | (publish_seen_ ? 16U : 0U) | (replaced_ ? 32U : 0U));
    if (replaced_) {
        add_before(*replaced_);
    }
}

}  // namespace nmistorm::oracle
