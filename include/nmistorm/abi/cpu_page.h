// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/ring.h>

namespace nmistorm::abi {

enum class CpuState : uint32_t {
    offline = 0,  ///< has not reached C++ yet
    online,       ///< its IDT is loaded, so it can take NMIs
    done,         ///< updater only: asked to stop, everything freed
    panicked,     ///< took an exception that it cannot handle, see Panic
    dead,         ///< offline: halted until NMIs, which it handles, bring it back
};

/// Counts since boot. Each wraps at 2^32, and the host widens it. Only this CPU writes them.
struct Counters {
    uint32_t nmi_entries;    ///< times the NMI vector's first instructions ran
    uint32_t nmi_exits;      ///< times its last instructions before IRET ran
    uint32_t nmi_count;      ///< the document's nmi_count(cpu)
    uint32_t nmi_answered;   ///< callbacks that returned nonzero
    uint32_t nmi_defaulted;  ///< runs of default_do_nmi()
    uint32_t nmi_idle;       ///< NMIs that interrupted an idle CPU
    uint32_t readers;        ///< preempt-disabled sections completed
    uint32_t swaps;          ///< updater: swaps completed
    uint32_t grace_periods;  ///< updater: returns of synchronize_sched()
    uint32_t freed;          ///< updater: blocks freed
    uint32_t overlaps;       ///< updater: CPUs seen inside a handler just after it was retired.
                             ///< A lower bound, and the only count without events
    uint32_t trips;          ///< tripwires hit, reported as events in every mode
    uint32_t unloaded;       ///< updater: handlers whose code was destroyed
    uint32_t nmi_offline;    ///< NMIs that interrupted an offline CPU
    uint32_t onlines;        ///< hotplugged CPU: times it came online, the first included
    uint32_t nmi_dummy;      ///< NMIs to which dummy_nmi_callback() returned 0
    uint32_t nmi_declined;   ///< NMIs to which another callback returned 0
    uint32_t nmi_nested;     ///< NMIs that were entered before the previous NMI had exited
};
static_assert(sizeof(Counters) == 72);

/// An exception that the guest took. The guest then leaves through panic_port.
struct Panic {
    uint32_t vector;
    uint32_t error_code;  ///< 0 if the exception pushes none
    uint32_t ip;
    uint32_t sp;
    uint32_t cr2;
    uint32_t in_nmi;  ///< nonzero: raised between nmi_enter() and nmi_exit()
};
static_assert(sizeof(Panic) == 24);

/// Everything that a vCPU tells the host besides events. The guest writes it; the host writes only the
/// rings' tails. gs points to it. The rest of the page, up to cpu_page_stride, is the guest's own per-CPU
/// memory and is zero at the start.
struct CpuPage {
    CpuState state;
    Counters counters;
    Panic panic;
    alignas(64) RingControl rings[rings_per_cpu];  ///< indexed by RingOf
    RingControl samples;  ///< of the buffer in which the handler `sampling` records interrupted ips
};
static_assert(offsetof(CpuPage, counters) == 4 && offsetof(CpuPage, panic) == 76);
static_assert(offsetof(CpuPage, rings) == 128 && offsetof(CpuPage, samples) == 384);
static_assert(sizeof(CpuPage) == 512);

inline constexpr uint32_t cpu_page_stride = 4096;

/// A CPU that wrote its Panic and cannot go on writes any value to this I/O port.
inline constexpr uint16_t panic_port = 0xf4;

}  // namespace nmistorm::abi
