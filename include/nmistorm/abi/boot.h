// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/assembly.h>
#include <nmistorm/abi/cpu_page.h>
#include <nmistorm/abi/version.h>

namespace nmistorm::abi {

/// How the updater performs one swap.
enum class Cycle : uint32_t {
    unset = 0,  ///< set, dwell, unset, synchronize_sched, kfree: as in the document
    replace,    ///< publish a new handler directly over the old one, synchronize_sched, kfree the old data
    unload,     ///< as unset, and destroy the handler's code after synchronize_sched, too
    deferred,   ///< as unset, but a list of retired data is freed after one synchronize_sched
};
inline constexpr uint32_t cycle_count = static_cast<uint32_t>(Cycle::deferred) + 1;

/// Which handlers the updater takes turns with; bits of Boot::handlers.
enum Handlers : uint32_t {
    handler_counting = 1,
    handler_long = 2,
    handler_declining = 4,
    handler_sampling = 8,
};
inline constexpr uint32_t handlers_all = 15;

/// What the CPUs other than the updater's do between NMIs. Bits of Boot::work.
enum Work : uint32_t {
    work_busy = 1,              ///< preemptible code
    work_preempt_disabled = 2,  ///< RCU-sched readers
    work_registers = 4,         ///< holds patterns in the registers, which no NMI may change
    work_idle = 8,              ///< HLT
};
inline constexpr uint32_t work_all = 15;

/// How a CPU sends an NMI to another one or to itself.
enum class Ipis : uint32_t {
    none,    ///< it sends none
    x2apic,  ///< its local APIC is in x2APIC mode, so the ICR is an MSR (SDM 3A, 11.12.9)
    xapic,   ///< it is in xAPIC mode; its registers are in memory at xapic_base (SDM 3A, 11.4.1)
};
inline constexpr uint32_t xapic_base = 0xfee00000;

/// What the host tells the guest, and the two words that the host and all CPUs share. All addresses are
/// guest-virtual, equal to guest-physical (the page tables map every address to itself), and below 4 GiB.
///
/// A CPU starts at the image's entry point with paging on, interrupts on (as a kernel has them; nothing
/// raises one) unless the run is to have them off, its own stack,
///   di = address of this struct, si = its number (0 is the updater), gs base = its CpuPage,
///   TSS loaded; on x86-64 with the NMI stack in IST 1 and the exception stack in IST 2.
/// The page at address 0 is not mapped, and nothing above the guest's memory is but, with Ipis::xapic, the
/// page at xapic_base, of 4 KiB on i386 and 2 MiB on x86-64. The host loads no IDT: the guest loads its own.
struct Boot {
    uint32_t magic;    ///< abi::magic
    uint32_t version;  ///< abi::version
    uint32_t nr_cpus;
    Cycle cycle;
    uint32_t handlers;         ///< set of Handlers, at least one
    uint32_t events;           ///< 0: only `trip` events are written, 1: all
    uint32_t seed;             ///< seed of the guest's own random choices
    uint32_t dwell_published;  ///< TSC ticks that a handler stays published, at most; 0: none
    uint32_t dwell_handler;    ///< TSC ticks that `long` dwells, at most
    uint32_t dwell_work;       ///< TSC ticks of a busy or preempt-disabled stretch, at most
    uint32_t cpu_pages;        ///< CpuPage of CPU n at cpu_pages + n * cpu_page_stride
    uint32_t rings;            ///< ring r of CPU n at rings + (n * rings_per_cpu + r) * ring bytes
    uint32_t ring_events;      ///< size of each ring in events, a power of two
    uint32_t arena;            ///< memory for kmalloc()
    uint32_t arena_size;       ///< bytes
    uint32_t tss;              ///< TSS of CPU n at tss + n * tss_stride
    uint32_t samples;          ///< sample buffer of CPU n, of 32-bit ips, at samples + n * sample_slots * 4
    uint32_t sample_slots;     ///< size of each in samples, a power of two
    uint32_t hotplug;  ///< 1: the last CPU starts after the swaps have begun, and goes offline now and then
    uint32_t work;     ///< set of Work, at least one
    uint32_t work_rounds;  ///< rounds of work on each CPU, which then idles for good; 0: without end
    Ipis ipis;             ///< how the CPUs send the NMIs that each CpuPage::ipis_wanted asks for

    alignas(64) uint32_t stop;      ///< host: nonzero asks the updater to finish its swap and end
    alignas(64) uint32_t next_seq;  ///< guest, all CPUs: sequence number of the next event
};
static_assert(offsetof(Boot, magic) == 0 && offsetof(Boot, version) == 4 && offsetof(Boot, nr_cpus) == 8 &&
              offsetof(Boot, cycle) == 12 && offsetof(Boot, handlers) == 16 && offsetof(Boot, events) == 20 &&
              offsetof(Boot, seed) == 24 && offsetof(Boot, dwell_published) == 28 &&
              offsetof(Boot, dwell_handler) == 32 && offsetof(Boot, dwell_work) == 36 &&
              offsetof(Boot, cpu_pages) == 40 && offsetof(Boot, rings) == 44 &&
              offsetof(Boot, ring_events) == 48 && offsetof(Boot, arena) == 52 &&
              offsetof(Boot, arena_size) == 56 && offsetof(Boot, tss) == 60 &&
              offsetof(Boot, samples) == 64 && offsetof(Boot, sample_slots) == 68 &&
              offsetof(Boot, hotplug) == 72 && offsetof(Boot, work) == 76 &&
              offsetof(Boot, work_rounds) == 80 && offsetof(Boot, ipis) == 84 &&
              offsetof(Boot, stop) == 128 && offsetof(Boot, next_seq) == 192);
static_assert(sizeof(Boot) == 256);
static_assert(offsetof(Boot, seed) == NMISTORM_BOOT_SEED);
static_assert(offsetof(Boot, cpu_pages) == NMISTORM_BOOT_CPU_PAGES);
static_assert(offsetof(Boot, rings) == NMISTORM_BOOT_RINGS);
static_assert(offsetof(Boot, tss) == NMISTORM_BOOT_TSS);

/// Bytes from a TSS to the next; 104 are used (SDM 3A, figures 8-2 and 8-11).
inline constexpr uint32_t tss_stride = NMISTORM_TSS_STRIDE;

}  // namespace nmistorm::abi
