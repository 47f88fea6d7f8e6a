// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/timeline.h"

#include <algorithm>

namespace nmistorm::oracle {

void Timeline::apply(const Event& event) {
    switch (event.kind) {
        case abi::EventKind::nmi_enter:
            nmi_.at(event.vcpu) = NmiSection{event.order, 0, 0, {}};
            break;
        case abi::EventKind::nmi_call:
            call_nmi(event);
            break;
        case abi::EventKind::nmi_leave:
            nmi_.at(event.vcpu).reset();
            break;
        case abi::EventKind::reader_enter:
            reader_.at(event.vcpu) = ReaderSection{event.order, event.a};
            break;
        case abi::EventKind::reader_leave:
            reader_.at(event.vcpu).reset();
            break;
        case abi::EventKind::gp_begin:
            grace_period_ = GracePeriod{event.a, event.order};
            grace_periods_known_ = true;
            break;
        case abi::EventKind::gp_end:
            end_grace_period(event);
            break;
        case abi::EventKind::publish:
            publish(event);
            break;
        case abi::EventKind::retire:
            if (publish_seen_ && !replaced_) {
                replaced_ = event.order;
            }
            update_generations(event);
            break;
        case abi::EventKind::alloc:
        case abi::EventKind::free:
            update_generations(event);
            break;
        default:
            break;
    }
}

const Generation* Timeline::data_of(std::uint32_t callback) const {
    return callback == dummy_ ? nullptr : generations_.latest_of(callback);
}

void Timeline::call_nmi(const Event& event) {
    std::optional<NmiSection>& section = nmi_.at(event.vcpu);
    if (!section) {
        return;  // its begin was lost
    }
    section->call = event.order;
    section->callback = event.a;
    if (event.a == dummy_) {
        section->generation = 0;
    } else if (const Generation* data = data_of(event.a)) {
        section->generation = data->number;
    }
}

void Timeline::publish(const Event& event) {
    if (event.b == 0) {
        dummy_ = event.a;
        callbacks_known_ |= from_start_ && !publish_seen_;
    }
    publish_seen_ = true;
    update_generations(event);
}

void Timeline::update_generations(const Event& event) {
    const bool is_dummy = event.b == 0;
    if (!is_dummy && !generations_.apply(event)) {
        allocations_known_ = false;
        forget_callbacks();
    }
}

void Timeline::end_grace_period(const Event& event) {
    grace_periods_known_ = true;
    if (grace_period_ && grace_period_->number == event.a) {
        generations_.grace_period_ended(grace_period_->begin);
        callbacks_known_ |= replaced_ && *replaced_ < grace_period_->begin;
    }
    grace_period_.reset();
}

void Timeline::forget_callbacks() {
    callbacks_known_ = false;
    from_start_ = false;
    publish_seen_ = false;
    replaced_.reset();
}

void Timeline::gap() {
    std::ranges::fill(nmi_, std::nullopt);
    std::ranges::fill(reader_, std::nullopt);
    grace_period_.reset();
    grace_periods_known_ = false;
    generations_.clear();
    allocations_known_ = false;
    forget_callbacks();
}

}  // namespace nmistorm::oracle
