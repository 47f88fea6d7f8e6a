// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/vcpu_track.h"

#include <utility>

#include "report/fact_text.h"

namespace nmistorm::trace {
namespace {

namespace fact = oracle::fact;
using Kind = Slices::Kind;

constexpr std::string_view nmi = "nmi";
constexpr std::string_view rcu = "rcu";

std::uint64_t wide(std::uint32_t value) {
    return value;
}

}  // namespace

Arguments VcpuTrack::arguments(const oracle::At& at, Arguments more) {
    if (at.ip) {
        more.insert(more.begin(), {{"ip", *at.ip}, {"in", names_->at(*at.ip)}});
    }
    return more;
}

void VcpuTrack::take(const oracle::At& at, const fact::NmiTaken&) {
    slices_.begin({Kind::nmi, 0}, nmi, "NMI", arguments(at));
}

void VcpuTrack::take(const oracle::At& at, const fact::NmiEntered& entered) {
    Arguments more;
    if (entered.ip != 0) {
        more.push_back({"interrupted", names_->at(GuestVirt{entered.ip})});
        more.push_back({"interrupted_ip", GuestVirt{entered.ip}});
    }
    if (entered.from_idle) {
        more.push_back({"from_idle", true});
    }
    if (entered.from_offline) {
        more.push_back({"from_offline", true});
    }
    if (entered.count) {
        more.push_back({"nmi_count", wide(*entered.count)});
    }
    slices_.begin({Kind::handler, 0}, nmi, "NMI handler", arguments(at, std::move(more)));
}

void VcpuTrack::take(const oracle::At& at, const fact::CallbackLoaded& loaded) {
    const std::string name = names_->at(GuestVirt{loaded.callback});
    const auto* inside = slices_.innermost();
    if (inside != nullptr && inside->kind == Kind::callback) {
        instant(nmi, "nmi_callback loaded again", arguments(at, {{"callback", name}}));
        return;
    }
    slices_.begin({Kind::callback, loaded.callback}, nmi, name, arguments(at));
}

void VcpuTrack::take(const oracle::At& at, const fact::CallbackBegan& began) {
    const auto* inside = slices_.innermost();
    if (inside == nullptr || inside->kind != Kind::callback || inside->key != began.callback) {
        slices_.begin({Kind::callback, began.callback}, nmi, names_->at(GuestVirt{began.callback}),
                      arguments(at));
    }
}

void VcpuTrack::take(const oracle::At& at, const fact::CallbackEnded&) {
    if (!slices_.end(Kind::callback)) {
        instant(nmi, "callback ended, unseen begin", arguments(at));
    }
}

void VcpuTrack::take(const oracle::At& at, const fact::NmiLeft& left) {
    const Arguments what = arguments(at, {{"callback", names_->at(GuestVirt{left.callback})},
                                          {"generation", wide(left.generation)},
                                          {"answered", left.answered},
                                          {"defaulted", left.defaulted}});
    if (!slices_.end(Kind::handler, what)) {
        instant(nmi, "NMI handler left, unseen entry", what);
    }
}

void VcpuTrack::take(const oracle::At& at, const fact::NmiReturned& returned) {
    Arguments more;
    if (returned.changed != fact::NmiReturned::Changed::nothing) {
        more = {{"changed", true}, {"is", returned.is}, {"was", returned.was}};
    }
    const Arguments what = arguments(at, std::move(more));
    if (!slices_.end(Kind::nmi, what)) {
        instant(nmi, "NMI returned, unseen begin", what);
    }
}

void VcpuTrack::take(const oracle::At& at, const fact::ReaderBegan& began) {
    Arguments more;
    if (began.generation != 0) {
        more = {{"generation", wide(began.generation)}};
    }
    slices_.begin({Kind::reader, 0}, rcu, "reader", arguments(at, std::move(more)));
}

void VcpuTrack::take(const oracle::At& at, const fact::ReaderEnded&) {
    if (!slices_.end(Kind::reader)) {
        instant(rcu, "reader ended, unseen begin", arguments(at));
    }
}

void VcpuTrack::take(const oracle::At& at, const fact::Touched& touched) {
    instant("memory", touched.written ? "write" : "read",
            arguments(at, {{"address", GuestVirt{touched.address}}, {"bytes", wide(touched.size)}}));
}

void VcpuTrack::take(const oracle::At& at, const fact::Tripped& tripped) {
    instant("memory", "tripwire",
            arguments(at, {{"tripwire", std::string(report::name(tripped.trip))},
                           {"value", GuestVirt{tripped.value}},
                           {"generation", wide(tripped.generation)}}));
}

void VcpuTrack::take(const oracle::At& at, const fact::WentOnline&) {
    if (!slices_.end(Kind::offline, arguments(at))) {
        instant("hotplug", "online", arguments(at));
    }
}

void VcpuTrack::take(const oracle::At& at, const fact::WentOffline&) {
    slices_.begin({Kind::offline, 0}, "hotplug", "offline", arguments(at));
}

}  // namespace nmistorm::trace
