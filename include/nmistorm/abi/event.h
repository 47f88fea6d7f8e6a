// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace nmistorm::abi {

/// What happened. Each comment says when the event gets its place in the order, relative to the action that
/// it reports. The oracle's rules depend on exactly these places.
enum class EventKind : uint16_t {
    none = 0,
    nmi_enter,     ///< after nmi_enter() and ++nmi_count, before nmi_callback is loaded
                   ///< a = interrupted ip, b = this CPU's nmi_count; flags = NmiFlags
    nmi_call,      ///< after nmi_callback was loaded, before the call;  a = callback loaded
    nmi_leave,     ///< after the callback and default_do_nmi(), before nmi_exit()
                   ///< a = callback that ran, as it reports itself; b = generation used, 0 for none;
                   ///< flags = NmiFlags, and from nmi_callbacks_shift on how many callbacks ran since
                   ///< nmi_enter, by nmi_callbacks
    publish,       ///< before rcu_assign_pointer();  a = callback, b = generation (0: the dummy)
                   ///< if the first one is the dummy, nmi_callback has held it since the start
    retire,        ///< after the store that replaced it;  a = callback, b = generation
    gp_begin,      ///< before synchronize_sched() looks at any CPU;  a = number of the grace period
    gp_end,        ///< when synchronize_sched() is about to return;  a = number,
                   ///< b = its length in units of 64 TSC ticks, saturated
    alloc,         ///< after kmalloc();  a = block, b = generation
    free,          ///< before kfree() touches the block;  a = block, b = generation
    reader_enter,  ///< after preempt_disable();  a = generation read, 0 for none
    reader_leave,  ///< before preempt_enable();  a = generation read
    trip,          ///< when it is seen;  flags = Trip, a = offending value, b = generation concerned
    done,          ///< the updater has freed everything and will not swap again
    unload,        ///< before a handler's code is destroyed;  a = callback, b = generation
    cpu_online,    ///< hotplugged CPU: after rcu_cpu_starting(), before its first reader
    cpu_offline,   ///< hotplugged CPU: after its last reader, before rcu_report_dead()
    slot,          ///< before kfree(), one for each CPU's slot in the data: how often a handler used it there
                   ///< flags = the CPU, a = what is in its slot, b = generation
};
inline constexpr uint16_t event_kind_count = static_cast<uint16_t>(EventKind::slot) + 1;

/// Flags of nmi_enter and nmi_leave.
enum NmiFlags : uint16_t {
    nmi_from_idle = 1,     ///< nmi_enter: RCU was not watching this CPU, which was idle
    nmi_answered = 2,      ///< nmi_leave: the callback returned nonzero
    nmi_defaulted = 4,     ///< nmi_leave: default_do_nmi() ran
    nmi_from_offline = 8,  ///< nmi_enter: RCU was not watching this CPU, which was offline
};
inline constexpr uint16_t nmi_flags_mask = 15;
inline constexpr unsigned nmi_callbacks_shift = 8;

/// What a tripwire saw.
enum class Trip : uint16_t {
    data_magic = 1,   ///< the data's magic is not nmi_data_magic;  a = what was there
    data_generation,  ///< its generation changed while the handler used it;  a = what is there now
    data_owner,       ///< it belongs to another callback;  a = that callback
    data_tail,        ///< its tail canary is wrong;  a = what was there
    data_tag,         ///< this CPU's tag, set on entry, was gone before the end;  a = what was there
    registers,        ///< an interrupted register changed;  a = its number in the instruction encoding
    frame,            ///< the interrupted ip or sp changed while the handler ran;  a = the ip now
    code,             ///< this CPU ran into destroyed code and stops;  a = where, b = 0 if not known
    data_guard,       ///< a word behind the data, set by kmalloc(), has changed;  a = what is there now
};
inline constexpr uint16_t trip_count = static_cast<uint16_t>(Trip::data_guard) + 1;

/// One record in a ring.
struct Event {
    uint32_t seq;  ///< place in the one order of all vCPUs' events; without gaps, wraps at 2^32
    EventKind kind;
    uint16_t flags;
    uint32_t a;
    uint32_t b;
};
static_assert(offsetof(Event, seq) == 0 && offsetof(Event, kind) == 4 && offsetof(Event, flags) == 6 &&
              offsetof(Event, a) == 8 && offsetof(Event, b) == 12);
static_assert(sizeof(Event) == 16);

/// Values by which the oracle distinguishes live handler data, uninitialised memory and freed memory.
inline constexpr uint32_t nmi_data_magic = 0x11ec0de5;  ///< initialised and live
inline constexpr uint32_t poison_inuse = 0x5a5a5a5a;    ///< allocated, not yet initialised
inline constexpr uint32_t poison_free = 0x6b6b6b6b;     ///< freed
inline constexpr uint32_t data_guard = 0xbbbbbbbb;      ///< behind each block

}  // namespace nmistorm::abi
