// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/step_facts.h"

#include <fmt/format.h>

#include <utility>

#include "guests/trip.h"

namespace nmistorm::guests {

namespace fact = oracle::fact;

StepFacts::StepFacts(unsigned vcpus, std::optional<std::uint32_t> dummy_callback, bool record)
    : judge_(vcpus),
      callbacks_known_(dummy_callback.has_value()),
      dummy_(dummy_callback.value_or(0)),
      record_(record) {
    if (callbacks_known_) {
        take({}, fact::Published{dummy_, 0});
        own_.current = dummy_;
    }
}

void StepFacts::take(Actor actor, const oracle::Fact& fact) {
    if (violated()) {
        return;
    }
    const oracle::At at{own_.order++, actor.cpu, actor.in_nmi, ip_};
    if (record_) {  // else no record is made, for the sake of speed
        keep(oracle::Recorded{at, fact});
    }
    judge_.take(at, fact);
}

void StepFacts::judge(const oracle::Record& record) {
    if (violated()) {
        return;
    }
    if (record_) {
        keep(record);
    }
    judge_.take(record);
}

void StepFacts::keep(const oracle::Record& record) {
    records_.push_back(record);
    own_.records = records_.size();
}

void StepFacts::nmi_begins(unsigned cpu) {
    take({cpu, true}, fact::NmiTaken{});
}

/// Grace periods wait for the handler from its first load of nmi_callback on.
void StepFacts::loads_callback(unsigned cpu, std::uint32_t value, std::uint32_t count) {
    if (!judge_.state().world.nmi(cpu)) {
        take({cpu, true}, fact::NmiEntered{.ip = 0, .count = count});
    }
    if (callbacks_known_ || value != 0) {  // null is wrong only where it is known what nmi_callback may be
        take({cpu, true}, fact::CallbackLoaded{value});
    }
}

void StepFacts::enters_callback(unsigned cpu, std::uint32_t callback) {
    take({cpu, true}, fact::CallbackBegan{callback});
}

void StepFacts::leaves_callback(unsigned cpu) {
    take({cpu, true}, fact::CallbackEnded{});
}

void StepFacts::nmi_ends(unsigned cpu, const fact::NmiReturned& returned) {
    take({cpu, true}, returned);
}

/// Sections nest: only the outermost counts.
void StepFacts::reader(unsigned cpu, bool begins) {
    const bool reading = judge_.state().world.reader(cpu).has_value();
    if (begins && !reading) {
        take({cpu, false}, fact::ReaderBegan{});
    } else if (!begins && reading) {
        take({cpu, false}, fact::ReaderEnded{});
    }
}

void StepFacts::calls(Actor actor, TracedFunction function, std::uint32_t argument,
                      std::optional<std::uint32_t> generation) {
    const std::uint32_t bit = 1U << actor.index();
    switch (function) {
        case TracedFunction::set_nmi_callback:
            publishes(actor, argument);
            break;
        case TracedFunction::unset_nmi_callback:
            publishes(actor, dummy_);
            break;
        case TracedFunction::synchronize_sched:
            take(actor, fact::GracePeriodBegan{});
            break;
        case TracedFunction::kmalloc:
            own_.allocating |= bit;
            own_.asked[actor.index()] = argument;
            break;
        case TracedFunction::kfree:
            // A guest that numbers its data begins at 1.
            take(actor, fact::Freed{argument, generation == 0 ? std::nullopt : generation});
            own_.allocating |= bit;
            break;
    }
}

void StepFacts::returns(Actor actor, TracedFunction function, std::uint32_t value) {
    const std::uint32_t bit = 1U << actor.index();
    switch (function) {
        case TracedFunction::synchronize_sched:
            take(actor, fact::GracePeriodEnded{});
            break;
        case TracedFunction::kmalloc: {
            const std::uint32_t size = std::exchange(own_.asked[actor.index()], 0);
            own_.allocating &= ~bit;
            if (value != 0) {
                take(actor, fact::Allocated{.block = value, .size = size});
            }
            break;
        }
        case TracedFunction::kfree:
            own_.allocating &= ~bit;
            break;
        case TracedFunction::set_nmi_callback:
        case TracedFunction::unset_nmi_callback:
            if (const std::uint32_t replaced = std::exchange(own_.replaced[actor.index()], 0);
                replaced != 0) {
                take(actor, fact::Retired{replaced});
            }
            break;
    }
}

/// The store itself comes later. What it replaces is retired when the function returns.
void StepFacts::publishes(Actor actor, std::uint32_t callback) {
    if (!callbacks_known_) {
        return;
    }
    const std::uint32_t replaced = std::exchange(own_.current, callback);
    take(actor, callback == dummy_ ? fact::Published{callback, 0} : fact::Published{callback});
    if (replaced != callback) {
        own_.replaced[actor.index()] = replaced;
    }
}

void StepFacts::touches(Actor actor, std::uint32_t address, std::uint32_t size, bool written) {
    if ((own_.allocating >> actor.index() & 1) == 0) {
        take(actor, fact::Touched{address, size, written});
    }
}

void StepFacts::trips(Actor actor, std::uint32_t number, std::uint32_t value, std::uint32_t generation) {
    if (const auto trip = trip_of(number)) {
        take(actor, fact::Tripped{*trip, value, generation});
    } else {
        judge(oracle::Malformed{actor.cpu, ip_.value_or(GuestVirt{}), no_such_trip(actor.cpu, number)});
    }
}

void StepFacts::fatal_exit(const oracle::FatalExit& fatal_exit) {
    judge(fatal_exit);
}

void StepFacts::stands_still(unsigned cpu, GuestVirt ip) {
    judge(oracle::Deadlock{cpu, ip});
}

void StepFacts::at_rest(unsigned cpu, GuestVirt ip, const abi::Counters& counters) {
    judge(oracle::AtRest{cpu,
                         ip,
                         {.nmi_entries = counters.nmi_entries,
                          .nmi_exits = counters.nmi_exits,
                          .nmi_count = counters.nmi_count,
                          .nmi_answered = counters.nmi_answered,
                          .nmi_defaulted = counters.nmi_defaulted,
                          .nmi_dummy = counters.nmi_dummy,
                          .nmi_declined = counters.nmi_declined,
                          .nmi_callbacks = counters.nmi_callbacks}});
}

void StepFacts::at_rest_with_blocks() {
    if (callbacks_known_) {
        const bool published = own_.current != dummy_ && own_.current != 0;
        take({}, fact::UpdaterDone{.published = published ? 1U : 0U});
    }
}

void StepFacts::restore(const State& state) {
    judge_.restore(state.judged);
    own_ = state.own;
    records_.resize(own_.records);
}

}  // namespace nmistorm::guests
