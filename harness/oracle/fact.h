// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <nmistorm/abi/event.h>

#include "base/address.h"

namespace nmistorm::oracle {

/// When a fact was seen, and on which vCPU.
struct At {
    std::uint64_t order = 0;           ///< place in the one order of all facts of a run; they ascend
    unsigned vcpu = 0;                 ///< one of the run's
    bool in_nmi = false;               ///< the vCPU was in an NMI handler; only stepping knows it
    std::optional<GuestVirt> ip = {};  ///< the instruction; only stepping knows it
    bool operator==(const At&) const = default;
};

/// What a guest did, whatever it is and however it was watched. guests/ has the code that finds the facts: in
/// the events that our guest writes, and in the steps of any guest. Every value was written by the guest and
/// may be anything.
///
/// Each fact says at which point of the guest's action it must be placed in the order. The rules depend on
/// exactly these places. `name` and `fields` serve the text of a fact and the files of facts.
namespace fact {

/// The vCPU begins to handle an NMI. It has run no instruction of its handler.
struct NmiTaken {
    static constexpr std::string_view name = "nmi_taken";
    static void fields(auto&, auto) {}
    bool operator==(const NmiTaken&) const = default;
};

/// A grace period that begins from now on must wait for this handler. After ++nmi_count, before nmi_callback
/// is loaded.
struct NmiEntered {
    std::uint32_t ip = 0;  ///< what was interrupted
    bool from_idle = false;
    bool from_offline = false;
    std::optional<std::uint32_t> count = {};  ///< this vCPU's nmi_count
    static constexpr std::string_view name = "nmi_enter";
    static void fields(auto& self, auto field) {
        field(self.ip), field(self.from_idle), field(self.from_offline), field(self.count);
    }
    bool operator==(const NmiEntered&) const = default;
};

/// After nmi_callback was loaded, before the callback is called.
struct CallbackLoaded {
    std::uint32_t callback = 0;
    static constexpr std::string_view name = "nmi_call";
    static void fields(auto& self, auto field) { field(self.callback); }
    bool operator==(const CallbackLoaded&) const = default;
};

/// The first instruction of a callback runs next.
struct CallbackBegan {
    std::uint32_t callback = 0;
    static constexpr std::string_view name = "callback_begin";
    static void fields(auto& self, auto field) { field(self.callback); }
    bool operator==(const CallbackBegan&) const = default;
};

/// The callback has returned. No grace period need wait for the rest of the handler.
struct CallbackEnded {
    static constexpr std::string_view name = "callback_end";
    static void fields(auto&, auto) {}
    bool operator==(const CallbackEnded&) const = default;
};

/// After the callback and default_do_nmi(), before nmi_exit(). It ends what NmiEntered began.
struct NmiLeft {
    std::uint32_t callback = 0;                   ///< the one that ran, as it reports itself
    std::uint32_t generation = 0;                 ///< of the data that it used; 0 for a callback without data
    bool answered = false;                        ///< the callback returned nonzero
    bool defaulted = false;                       ///< default_do_nmi() ran
    std::optional<std::uint32_t> callbacks = {};  ///< how many ran since NmiEntered, as they count themselves
    static constexpr std::string_view name = "nmi_leave";
    static void fields(auto& self, auto field) {
        field(self.callback), field(self.generation), field(self.answered), field(self.defaulted);
        field(self.callbacks);
    }
    bool operator==(const NmiLeft&) const = default;
};

/// The IRET of the handler was executed.
struct NmiReturned {
    enum class Changed : std::uint8_t { nothing, ip, general_register, flags };
    Changed changed = Changed::nothing;  ///< what is not as it was when the NMI came
    std::uint8_t number = 0;             ///< of the general register, in the instruction encoding
    std::uint64_t is = 0;
    std::uint64_t was = 0;
    static constexpr std::string_view name = "nmi_return";
    static void fields(auto& self, auto field) {
        field(self.changed), field(self.number), field(self.is), field(self.was);
    }
    bool operator==(const NmiReturned&) const = default;
};

/// A read-side section (preempt_disable()) of code other than an NMI handler has begun.
struct ReaderBegan {
    std::uint32_t generation = 0;  ///< that it reads; 0 if none or not known
    static constexpr std::string_view name = "reader_enter";
    static void fields(auto& self, auto field) { field(self.generation); }
    bool operator==(const ReaderBegan&) const = default;
};

/// It is about to end.
struct ReaderEnded {
    std::uint32_t generation = 0;
    static constexpr std::string_view name = "reader_leave";
    static void fields(auto& self, auto field) { field(self.generation); }
    bool operator==(const ReaderEnded&) const = default;
};

/// Before rcu_assign_pointer().
struct Published {
    std::uint32_t callback = 0;
    /// Of its data; 0: this is the dummy, and if it is the first publication, nmi_callback has held it since
    /// the start. None: not known.
    std::optional<std::uint32_t> generation = {};
    static constexpr std::string_view name = "publish";
    static void fields(auto& self, auto field) { field(self.callback), field(self.generation); }
    bool operator==(const Published&) const = default;
};

/// After the store that replaced it.
struct Retired {
    std::uint32_t callback = 0;
    std::optional<std::uint32_t> generation = {};  ///< of its data; none: not known
    static constexpr std::string_view name = "retire";
    static void fields(auto& self, auto field) { field(self.callback), field(self.generation); }
    bool operator==(const Retired&) const = default;
};

/// Before synchronize_sched() looks at any CPU.
struct GracePeriodBegan {
    std::uint32_t number = 0;
    static constexpr std::string_view name = "gp_begin";
    static void fields(auto& self, auto field) { field(self.number); }
    bool operator==(const GracePeriodBegan&) const = default;
};

/// synchronize_sched() is about to return.
struct GracePeriodEnded {
    std::uint32_t number = 0;
    std::uint64_t ticks = 0;  ///< its length in TSC ticks
    static constexpr std::string_view name = "gp_end";
    static void fields(auto& self, auto field) { field(self.number), field(self.ticks); }
    bool operator==(const GracePeriodEnded&) const = default;
};

/// After kmalloc().
struct Allocated {
    std::uint32_t block = 0;
    std::optional<std::uint32_t> generation = {};  ///< none: not known yet
    std::uint32_t size = 0;                        ///< bytes; 0 if not known
    static constexpr std::string_view name = "alloc";
    static void fields(auto& self, auto field) {
        field(self.block), field(self.generation), field(self.size);
    }
    bool operator==(const Allocated&) const = default;
};

/// Before kfree() touches the block.
struct Freed {
    std::uint32_t block = 0;
    std::optional<std::uint32_t> generation = {};  ///< none: not known
    static constexpr std::string_view name = "free";
    static void fields(auto& self, auto field) { field(self.block), field(self.generation); }
    bool operator==(const Freed&) const = default;
};

/// What is in one vCPU's slot of handler data that is about to be freed. No handler uses the data any more.
struct SlotLeft {
    std::uint32_t generation = 0;
    std::uint32_t vcpu = 0;  ///< whose slot it is, one of the run's
    std::uint32_t uses = 0;  ///< what is in it: how often handlers on that vCPU used the data
    static constexpr std::string_view name = "slot";
    static void fields(auto& self, auto field) { field(self.generation), field(self.vcpu), field(self.uses); }
    bool operator==(const SlotLeft&) const = default;
};

/// An instruction outside kmalloc() and kfree() reads or writes memory from which blocks are allocated.
struct Touched {
    std::uint32_t address = 0;
    std::uint32_t size = 0;  ///< bytes
    bool written = false;
    static constexpr std::string_view name = "touch";
    static void fields(auto& self, auto field) { field(self.address), field(self.size), field(self.written); }
    bool operator==(const Touched&) const = default;
};

/// A tripwire in the guest was hit.
struct Tripped {
    abi::Trip trip{};  ///< one that exists
    std::uint32_t value = 0;
    std::uint32_t generation = 0;  ///< 0 if not known
    static constexpr std::string_view name = "trip";
    static void fields(auto& self, auto field) {
        field(self.trip), field(self.value), field(self.generation);
    }
    bool operator==(const Tripped&) const = default;
};

/// Before a handler's code is destroyed.
struct CodeDestroyed {
    std::uint32_t callback = 0;
    std::uint32_t generation = 0;
    static constexpr std::string_view name = "unload";
    static void fields(auto& self, auto field) { field(self.callback), field(self.generation); }
    bool operator==(const CodeDestroyed&) const = default;
};

/// A hotplugged vCPU: after rcu_cpu_starting(), before its first reader.
struct WentOnline {
    static constexpr std::string_view name = "cpu_online";
    static void fields(auto&, auto) {}
    bool operator==(const WentOnline&) const = default;
};

/// A hotplugged vCPU: after its last reader, before rcu_report_dead().
struct WentOffline {
    static constexpr std::string_view name = "cpu_offline";
    static void fields(auto&, auto) {}
    bool operator==(const WentOffline&) const = default;
};

/// The updater will not swap again. It has freed all data but that of what is still published.
struct UpdaterDone {
    std::uint32_t published = 0;  ///< callbacks other than the dummy that still are
    static constexpr std::string_view name = "done";
    static void fields(auto& self, auto field) { field(self.published); }
    bool operator==(const UpdaterDone&) const = default;
};

}  // namespace fact

using Fact =
    std::variant<fact::NmiTaken, fact::NmiEntered, fact::CallbackLoaded, fact::CallbackBegan,
                 fact::CallbackEnded, fact::NmiLeft, fact::NmiReturned, fact::ReaderBegan, fact::ReaderEnded,
                 fact::Published, fact::Retired, fact::GracePeriodBegan, fact::GracePeriodEnded,
                 fact::Allocated, fact::Freed, fact::SlotLeft, fact::Touched, fact::Tripped,
                 fact::CodeDestroyed, fact::WentOnline, fact::WentOffline, fact::UpdaterDone>;
static_assert(std::is_trivially_copyable_v<Fact>);  // they are copied millions of times a second

/// A fact with its place.
struct Recorded {
    At at;
    Fact fact;
    bool operator==(const Recorded&) const = default;
};

std::string_view name(const Fact& fact);

}  // namespace nmistorm::oracle
