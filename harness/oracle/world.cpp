// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/world.h"

#include <algorithm>
#include <utility>

#include "oracle/newest.h"

namespace nmistorm::oracle {

namespace {

constexpr std::size_t most_publications = 256;  // our guest has about ten callbacks

}  // namespace

const GracePeriod* World::grace_period(const At& at) const {
    const auto found = std::ranges::find_if(grace_periods_, [&at](const GracePeriod& each) {
        return each.vcpu == at.vcpu && each.in_nmi == at.in_nmi;
    });
    return found == grace_periods_.end() ? nullptr : &*found;
}

bool World::freed(std::optional<std::uint32_t> generation) const {
    const Allocation* known = generation && *generation != 0 ? allocations_.find(*generation) : nullptr;
    return known != nullptr && known->freed;
}

const Publication* World::publication(std::uint32_t callback) const {
    return newest(publications_, [callback](const Publication& each) { return each.callback == callback; });
}

const Publication* World::publication_with(std::uint32_t generation) const {
    return newest(publications_,
                  [generation](const Publication& each) { return each.generation == generation; });
}

/// As it is known, or a new one. Without @p generation, the last of the callback.
Publication& World::publication_to_change(std::uint32_t callback, std::optional<std::uint32_t> generation) {
    const auto meant = [&](const Publication& each) {
        return each.callback == callback &&
               (!generation || !each.generation || each.generation == generation);
    };
    const auto known = std::find_if(publications_.rbegin(), publications_.rend(), meant);
    if (known != publications_.rend()) {
        return *known;
    }
    return append({.callback = callback, .generation = generation});
}

Publication& World::append(const Publication& publication) {
    if (publications_.size() == most_publications) {
        const auto waited = std::ranges::find_if(publications_, &Publication::waited);
        if (waited == publications_.end()) {
            forget_callbacks();
        }
        publications_.erase(waited == publications_.end() ? publications_.begin() : waited);
    }
    return publications_.emplace_back(publication);
}

void World::apply(const At& at, const fact::NmiTaken&) {
    cpus_.at(at.vcpu).nmi_taken = true;
}

void World::apply(const At& at, const fact::NmiEntered&) {
    cpus_.at(at.vcpu).nmi = NmiSection{.enter = at.order};
    cpus_.at(at.vcpu).ended.reset();
}

void World::apply(const At& at, const fact::CallbackLoaded& loaded) {
    std::optional<NmiSection>& section = cpus_.at(at.vcpu).nmi;
    if (!section || section->loaded) {
        return;  // its begin was lost, or this is not the first load
    }
    section->loaded = true;
    section->callback = loaded.callback;
    if (loaded.callback == dummy_) {
        section->generation = 0;
    } else if (const Publication* published = publication(loaded.callback)) {
        section->generation = published->generation;
    }
}

void World::apply(const At& at, const fact::CallbackEnded&) {
    Cpu& cpu = cpus_.at(at.vcpu);
    cpu.ended = std::exchange(cpu.nmi, std::nullopt);
    tells_callback_end_ = true;
}

void World::apply(const At& at, const fact::NmiLeft&) {
    cpus_.at(at.vcpu).nmi.reset();
    cpus_.at(at.vcpu).ended.reset();
}

void World::apply(const At& at, const fact::NmiReturned&) {
    cpus_.at(at.vcpu).nmi.reset();
    cpus_.at(at.vcpu).ended.reset();
    cpus_.at(at.vcpu).nmi_taken = false;
}

void World::apply(const At& at, const fact::ReaderBegan& began) {
    cpus_.at(at.vcpu).reader = ReaderSection{at.order, began.generation};
}

void World::apply(const At& at, const fact::ReaderEnded&) {
    cpus_.at(at.vcpu).reader.reset();
}

void World::apply(const At&, const fact::Published& published) {
    if (published.generation == 0) {
        dummy_ = published.callback;
        callbacks_known_ |= from_start_ && !publish_seen_;
    }
    publish_seen_ = true;
    if (published.callback == 0) {
        return;  // null is never a callback
    }
    // What is over tells no more than the new one.
    std::erase_if(publications_, [&](const Publication& each) {
        return each.callback == published.callback &&
               (each.waited || !each.generation || each.generation == published.generation);
    });
    append({.callback = published.callback, .generation = published.generation, .published = true});
}

void World::apply(const At& at, const fact::Retired& retired) {
    if (publish_seen_ && !replaced_) {
        replaced_ = at.order;
    }
    if (retired.generation == 0) {
        return;  // our guest reports each publication of the dummy, but not when it is replaced
    }
    publication_to_change(retired.callback, retired.generation).retired = at.order;
}

void World::apply(const At& at, const fact::GracePeriodBegan& began) {
    forget(grace_period(at));
    grace_periods_.push_back({at.vcpu, at.in_nmi, began.number, at.order});
    cpus_.at(at.vcpu).grace_period_lost[at.in_nmi ? 1 : 0] = false;
}

void World::apply(const At& at, const fact::GracePeriodEnded& ended) {
    cpus_.at(at.vcpu).grace_period_lost[at.in_nmi ? 1 : 0] = false;
    const GracePeriod* ending = grace_period(at);
    if (ending == nullptr) {
        return;
    }
    if (ending->number == ended.number) {
        for (Publication& each : publications_) {
            each.waited |= each.retired && *each.retired < ending->begin;
        }
        callbacks_known_ |= replaced_ && *replaced_ < ending->begin;
    }
    forget(ending);
}

void World::apply(const At&, const fact::Allocated& allocated) {
    if (allocated.generation != 0) {  // numbers begin at 1
        allocations_known_ &= allocations_.apply(allocated);
    }
}

void World::apply(const At&, const fact::Freed& freed) {
    if (freed.generation == 0) {
        return;
    }
    const std::optional<std::uint32_t> generation = allocations_.generation_of(freed);
    for (Cpu& cpu : cpus_) {
        if (cpu.nmi && generation && cpu.nmi->generation == generation) {
            cpu.nmi->freed = true;
        }
        if (cpu.ended && (!cpu.ended->generation || !generation || cpu.ended->generation == generation)) {
            cpu.ended->freed = true;
        }
    }
    allocations_known_ &= allocations_.apply(freed);
}

void World::apply(const At&, const fact::CodeDestroyed& destroyed) {
    publication_to_change(destroyed.callback, destroyed.generation).unloaded = true;
}

/// @p one of grace_periods_; nothing if it is null.
void World::forget(const GracePeriod* one) {
    if (one != nullptr) {
        grace_periods_.erase(grace_periods_.begin() + (one - grace_periods_.data()));
    }
}

void World::forget_callbacks() {
    callbacks_known_ = false;
    from_start_ = false;
    publish_seen_ = false;
    replaced_.reset();
}

void World::gap() {
    Cpu unknown;
    unknown.grace_period_lost = {true, true};
    std::ranges::fill(cpus_, unknown);
    grace_periods_.clear();
    publications_.clear();
    allocations_.clear();
    allocations_known_ = false;
    forget_callbacks();
}

}  // namespace nmistorm::oracle
