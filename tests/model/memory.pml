// SPDX-License-Identifier: GPL-2.0-or-later
// Memory between two CPUs: the updater's, and one target of NMIs. One of them stores to each line, and the other loads
// the other:
//
//      stored  ---commit--->  memory  ---refresh--->  seen
//      by its writer                                  by its reader
//
// A machine decides when a value moves on: memory_weak.pml or memory_x86.pml. They give, with `updater` or
// `target` for cpu, each in one step:
//      load(cpu, value, line)      smp_load_acquire(cpu, value, line)      of a line that the other stores to
//      store(cpu, line, value)     smp_store_release(cpu, line, value)     to a line of its own
//      smp_mb(cpu)
//      xadd(line)                  adds to a counter of the target's: one instruction and a full barrier
//      access(context, number)     the target's last access to a block in a section (rcu_sched.pml): a store, or a
//                                  load whose value is not awaited

// The updater stores to the first five, the target to its RCU counters. An mtype's numbers start with 1 at its end.
mtype = { qs_count, dynticks, block_2, block_1, data_2, data_1, nmi_callback };
#define data(handler) (data_1 + (handler)-1)  // of handler 1 or 2: block 1 or 2, or NONE
#define block(number) (block_1 + (number)-1)  // FREED, UNINIT, or the handler that it was initialised for
#define DUMMY 0                               // nmi_callback: this, or handler 1 or 2
#define NONE 0
#define FREED 0
#define UNINIT 3

typedef Line { byte stored, memory, seen };
Line lines[8];

// Where the target can be in a section (rcu_sched.pml).
#define TASK 0
#define NMI 1

#define commit(line) lines[line].memory = lines[line].stored
#define refresh(line) lines[line].seen = lines[line].memory

// The rules, by the names that the harness's oracle has for them; true: broken. `coverage`: see README.md.
bool grace_period, reclaim, publish, freshness, coverage;

#define judge_access(number) reclaim = lines[block(number)].stored == FREED; assert(!reclaim)

#ifdef X86
#include "memory_x86.pml"
#else
#include "memory_weak.pml"
#endif

// The counters that the target adds to wrap soon. Compared for equality alone, two values would do: an updater that
// misses a change waits for the next, and all that can happen meanwhile can also happen to one that is slow to go on.
#ifndef WRAP
#define WRAP 4
#endif
#define next_value(line) ((lines[line].stored + 1) % (line == dynticks -> WRAP : 2))
#define add(line) store(target, line, next_value(line))
