// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/fact.h"
#include "trace/names.h"
#include "trace/packets.h"
#include "trace/slices.h"

namespace nmistorm::trace {

/// What one vCPU did: NMIs, their handlers and callbacks, readers, and the time offline, as slices; the rest
/// as instants.
class VcpuTrack {
  public:
    /// The others must outlive this object.
    VcpuTrack(Packets& packets, Track track, Names& names)
        : packets_(&packets), names_(&names), slices_(packets, track) {}

    void take(const oracle::At& at, const oracle::fact::NmiTaken&);
    void take(const oracle::At& at, const oracle::fact::NmiEntered& entered);
    void take(const oracle::At& at, const oracle::fact::CallbackLoaded& loaded);
    void take(const oracle::At& at, const oracle::fact::CallbackBegan& began);
    void take(const oracle::At& at, const oracle::fact::CallbackEnded&);
    void take(const oracle::At& at, const oracle::fact::NmiLeft& left);
    void take(const oracle::At& at, const oracle::fact::NmiReturned& returned);
    void take(const oracle::At& at, const oracle::fact::ReaderBegan& began);
    void take(const oracle::At& at, const oracle::fact::ReaderEnded& ended);
    void take(const oracle::At& at, const oracle::fact::Touched& touched);
    void take(const oracle::At& at, const oracle::fact::Tripped& tripped);
    void take(const oracle::At& at, const oracle::fact::WentOnline&);
    void take(const oracle::At& at, const oracle::fact::WentOffline&);
    void take(const oracle::At&, const auto&) {}

    void instant(std::string_view category, std::string_view name, const Arguments& arguments) {
        packets_->instant(slices_.track(), category, name, arguments);
    }
    void end_all(std::string_view why) { slices_.end_all(why); }

  private:
    /// The instruction, where it is known, and @p more.
    Arguments arguments(const oracle::At& at, Arguments more = {});

    Packets* packets_;
    Names* names_;
    Slices slices_;
};

}  // namespace nmistorm::trace
