// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/handler_data.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace nmistorm::trace {
namespace {

namespace fact = oracle::fact;
using Kind = Slices::Kind;
using Number = std::optional<std::uint32_t>;

constexpr std::string_view category = "data";

/// A stepped guest does not tell generations.
bool contradict(const Number& one, const Number& other) {
    return one && other && *one != *other;
}

bool same(const Number& one, const Number& other) {
    return one && other && *one == *other;
}

}  // namespace

void HandlerData::take(const fact::Allocated& allocated) {
    Arguments arguments{{"block", GuestVirt{allocated.block}}};
    if (allocated.size != 0) {
        arguments.push_back({"bytes", std::uint64_t{allocated.size}});
    }
    if (begin({.block = allocated.block, .generation = allocated.generation}, arguments) == nullptr) {
        instant("alloc", {}, allocated.block, allocated.generation);
    }
}

void HandlerData::take(const fact::Published& published) {
    if (published.generation == 0U) {  // the dummy has no data
        instant("publish", published.callback, {}, {});
        return;
    }
    Life* life = newest([&published](const Life& each) {
        return !each.callback && !contradict(each.generation, published.generation);
    });
    if (life == nullptr) {
        life = begin({.generation = published.generation}, {});
    }
    if (life == nullptr) {
        instant("publish", published.callback, {}, published.generation);
        return;
    }
    life->callback = published.callback;
    const std::string name = "published: " + names_->at(GuestVirt{published.callback});
    lanes_[life->lane].begin({Kind::published, 0}, category, name);
}

void HandlerData::take(const fact::Retired& retired) {
    Life* life = newest([&retired](const Life& each) {
        return !each.retired && same(each.callback, retired.callback) &&
               !contradict(each.generation, retired.generation);
    });
    if (life == nullptr) {
        instant("retire", retired.callback, {}, retired.generation);
        return;
    }
    life->retired = true;
    Slices& lane = lanes_[life->lane];
    lane.end(Kind::published);
    lane.begin({Kind::retired, 0}, category, "retired: " + names_->at(GuestVirt{retired.callback}));
}

void HandlerData::take(const fact::Freed& freed) {
    Life* life = newest([&freed](const Life& each) {
        return same(each.block, freed.block) && !contradict(each.generation, freed.generation);
    });
    if (life == nullptr) {
        life = newest([&freed](const Life& each) { return same(each.generation, freed.generation); });
    }
    if (life == nullptr) {
        instant("free", {}, freed.block, freed.generation);
        return;
    }
    lanes_[life->lane].end(Kind::data);
    lives_.erase(lives_.begin() + (life - lives_.data()));
}

void HandlerData::take(const fact::CodeDestroyed& destroyed) {
    instant("destroy code", destroyed.callback, {}, destroyed.generation);
}

void HandlerData::end_all(std::string_view why) {
    for (Slices& lane : lanes_) {
        lane.end_all(why);
    }
    lives_.clear();
}

HandlerData::Life* HandlerData::newest(auto matches) {
    const auto found = std::find_if(lives_.rbegin(), lives_.rend(), matches);
    return found == lives_.rend() ? nullptr : &*found;
}

HandlerData::Life* HandlerData::begin(const Life& life, const Arguments& arguments) {
    const auto free_lane =
        std::ranges::find_if(lanes_, [](const Slices& lane) { return lane.innermost() == nullptr; });
    if (free_lane == lanes_.end() && lanes_.size() == lanes_max) {
        return nullptr;
    }
    const auto lane = static_cast<std::size_t>(free_lane - lanes_.begin());
    if (lane == lanes_.size()) {
        lanes_.emplace_back(*packets_, make_lane_(lane));
    }
    lives_.push_back(life);
    lives_.back().lane = lane;
    const std::string name =
        life.generation ? fmt::format("generation {}", *life.generation) : "handler data";
    lanes_[lane].begin({Kind::data, 0}, category, {name, !life.generation}, arguments);
    return &lives_.back();
}

void HandlerData::instant(std::string_view name, Number callback, Number block, Number generation) {
    Arguments arguments;
    if (callback) {
        arguments.push_back({"callback", names_->at(GuestVirt{*callback})});
    }
    if (block) {
        arguments.push_back({"block", GuestVirt{*block}});
    }
    if (generation) {
        arguments.push_back({"generation", std::uint64_t{*generation}});
    }
    packets_->instant(track_, category, name, arguments);
}

}  // namespace nmistorm::trace
