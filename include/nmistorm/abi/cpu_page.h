// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/assembly.h>
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
    uint32_t nmi_callbacks;  ///< callbacks that ran, dummy_nmi_callback() too; each counts itself
};
static_assert(offsetof(Counters, nmi_entries) == 0 && offsetof(Counters, nmi_exits) == 4 &&
              offsetof(Counters, nmi_count) == 8 && offsetof(Counters, nmi_answered) == 12 &&
              offsetof(Counters, nmi_defaulted) == 16 && offsetof(Counters, nmi_idle) == 20 &&
              offsetof(Counters, readers) == 24 && offsetof(Counters, swaps) == 28 &&
              offsetof(Counters, grace_periods) == 32 && offsetof(Counters, freed) == 36 &&
              offsetof(Counters, overlaps) == 40 && offsetof(Counters, trips) == 44 &&
              offsetof(Counters, unloaded) == 48 && offsetof(Counters, nmi_offline) == 52 &&
              offsetof(Counters, onlines) == 56 && offsetof(Counters, nmi_dummy) == 60 &&
              offsetof(Counters, nmi_declined) == 64 && offsetof(Counters, nmi_nested) == 68 &&
              offsetof(Counters, nmi_callbacks) == 72);
static_assert(sizeof(Counters) == 76);

/// An exception that the guest took. The guest then leaves through panic_port.
struct Panic {
    uint32_t vector;
    uint32_t error_code;  ///< 0 if the exception pushes none
    uint32_t ip;
    uint32_t sp;
    uint32_t cr2;
    uint32_t in_nmi;  ///< nonzero: raised between nmi_enter() and nmi_exit()
};
static_assert(offsetof(Panic, vector) == 0 && offsetof(Panic, error_code) == 4 && offsetof(Panic, ip) == 8 &&
              offsetof(Panic, sp) == 12 && offsetof(Panic, cr2) == 16 && offsetof(Panic, in_nmi) == 20);
static_assert(sizeof(Panic) == 24);

/// Everything that a vCPU tells the host besides events. The guest writes it; the host writes only the
/// rings' tails and `ipis_wanted`. gs points to it. The rest of the page, up to cpu_page_stride, is the
/// guest's own per-CPU memory and is zero at the start.
struct CpuPage {
    CpuState state;
    Counters counters;
    Panic panic;
    uint32_t ipis_wanted;  ///< host: NMIs that any CPU is to send this CPU since boot; wraps at 2^32
    uint32_t ipis_sent;    ///< all CPUs, atomically: how many they have sent; raised after each, for the host
                           ///< relies on it
    alignas(64) RingControl rings[rings_per_cpu];  ///< indexed by RingOf
    RingControl samples;  ///< of the buffer in which the handler `sampling` records interrupted ips
};
static_assert(offsetof(CpuPage, state) == NMISTORM_STATE);
static_assert(offsetof(CpuPage, counters) == 4 && offsetof(CpuPage, panic) == 80);
static_assert(offsetof(CpuPage, ipis_wanted) == 104 && offsetof(CpuPage, ipis_sent) == 108);
static_assert(offsetof(CpuPage, rings) == 128 && offsetof(CpuPage, samples) == 384);
static_assert(sizeof(CpuPage) == NMISTORM_CPU_PAGE_SIZE);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_entries) == NMISTORM_NMI_ENTRIES);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_exits) == NMISTORM_NMI_EXITS);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_count) == NMISTORM_NMI_COUNT);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_defaulted) == NMISTORM_NMI_DEFAULTED);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, swaps) == NMISTORM_SWAPS);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_dummy) == NMISTORM_NMI_DUMMY);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_nested) == NMISTORM_NMI_NESTED);
static_assert(offsetof(CpuPage, counters) + offsetof(Counters, nmi_callbacks) == NMISTORM_NMI_CALLBACKS);
static_assert(offsetof(CpuPage, panic) + offsetof(Panic, vector) == NMISTORM_PANIC_VECTOR);
static_assert(offsetof(CpuPage, panic) + offsetof(Panic, ip) == NMISTORM_PANIC_IP);
static_assert(static_cast<uint32_t>(CpuState::online) == NMISTORM_STATE_ONLINE);

inline constexpr uint32_t cpu_page_stride = 4096;

/// A CPU that wrote its Panic and cannot go on writes any value to this I/O port.
inline constexpr uint16_t panic_port = NMISTORM_PANIC_PORT;

}  // namespace nmistorm::abi
