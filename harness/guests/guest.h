// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "machine/exit.h"
#include "machine/guest_vm.h"
#include "oracle/delivery_ledger.h"
#include "oracle/fatal_exit.h"
#include "oracle/observation.h"
#include "oracle/record.h"

namespace nmistorm::guests {

/// What a guest has done since boot, by its own counts, which wrap at 2^32.
struct Work {
    std::uint32_t swaps = 0;
    std::uint32_t overlaps = 0;
};

/// A booted guest as a storm sees it, whatever guest it is. It checks all that it reads from guest memory.
class Guest {
  public:
    /// Who is told what the guest did. Empty functions are not allowed.
    struct Output {
        std::function<void(const oracle::At&, const oracle::Fact&)> fact;  ///< orders ascend
        std::function<void()> gap;                                         ///< facts were lost here
        std::function<void(const oracle::Sample&)> sample;
    };

    Guest() = default;
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    virtual ~Guest() = default;

    /// The VM that it was booted in. Whoever runs it takes the vCPUs out of it.
    [[nodiscard]] virtual machine::GuestVm& vm() = 0;

    // Any thread may call these at any time.

    /// @p cpu has come online.
    [[nodiscard]] virtual bool online(unsigned cpu) const = 0;
    /// NMIs that @p cpu has entered and left. While it runs, the two may be from different times.
    [[nodiscard]] virtual oracle::NmiCounts nmis(unsigned cpu) const = 0;
    [[nodiscard]] virtual Work work() const = 0;
    /// @p cpu must not go on before more of what it tells is read, or some of it may be lost.
    [[nodiscard]] virtual bool must_wait(unsigned cpu) const = 0;
    /// Its CPUs send the NMIs that want_ipi() asks for.
    [[nodiscard]] virtual bool sends_ipis() const = 0;
    /// How many of them were not sent yet.
    [[nodiscard]] virtual std::uint32_t ipis_under_way(unsigned cpu) const = 0;
    /// Asks for one more NMI to @p cpu. Only one thread at a time may ask for the same vCPU.
    virtual void want_ipi(unsigned cpu) = 0;
    /// Asks it to finish its swap and end.
    virtual void ask_to_finish() = 0;
    /// It has ended.
    [[nodiscard]] virtual bool finished() const = 0;

    // One thread calls the rest.

    /// From now on tells @p output. Call it once, before anything of the rest.
    virtual void tell(Output output) = 0;
    /// Reads what the vCPUs have told since the last call. Call it often.
    virtual void read_facts() = 0;
    /// Reads every vCPU's counters. Call it at least every few hours, before one can change by 2^31.
    virtual void read_counters() = 0;
    /// Reads everything for the last time, when no vCPU runs.
    virtual void finish() = 0;

    /// As last read.
    [[nodiscard]] virtual const oracle::Counters& counters(unsigned cpu) const = 0;
    /// Sentences about what no correct guest can write. No more than a few are kept.
    [[nodiscard]] virtual const std::vector<std::string>& malformed() const = 0;
    [[nodiscard]] virtual std::uint64_t events_lost() const = 0;
    /// How often NMIs hit each instruction, as a handler that takes samples reports it.
    [[nodiscard]] virtual const std::map<std::uint32_t, std::uint64_t>& samples() const = 0;
    [[nodiscard]] virtual std::uint64_t samples_lost() const = 0;
    /// The oracle's view of @p cpu, which stopped for good with @p exit at @p ip.
    [[nodiscard]] virtual oracle::FatalExit fatal_exit(unsigned cpu, const machine::Exit& exit,
                                                       GuestVirt ip) const = 0;
};

}  // namespace nmistorm::guests
