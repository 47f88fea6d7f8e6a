// SPDX-License-Identifier: GPL-2.0-or-later
// The guest's RCU-sched, guest/rcu/, line by line. The expressions that decide are macros: a variant sets its own.

// A section is a handler or a preempt-disabled reader, in one of two contexts.
#define OUTSIDE 0
#define INSIDE 1
#define OLD 2  // began before the grace period that is running
byte section[2];

#define section_begin(context) section[context] = INSIDE
#define section_end(context) section[context] = OUTSIDE

inline rcu_sched_qs() {
    QS_STORE(target, qs_count, next_value(qs_count));
    QS_BARRIER(target)
}

#define rcu_idle_enter() IDLE_ENTER(dynticks)
#define rcu_idle_exit() IDLE_EXIT(dynticks)

byte nmi_nesting;

#ifndef WATCHING
#define WATCHING (lines[dynticks].stored % 2 == 1)
#endif

// In one step with the delivery before it and the return after it, since the updater sees only dynticks of them.
#define rcu_nmi_enter() \
    if \
    :: WATCHING -> nmi_nesting = 2 \
    :: else -> NMI_ENTER(dynticks); nmi_nesting = 1 \
    fi
#define rcu_nmi_exit() \
    if \
    :: nmi_nesting == 1 -> NMI_EXIT(dynticks) \
    :: else \
    fi; \
    nmi_nesting = 0

byte before_dynticks, before_qs_count, now_dynticks, now_qs_count;

#define take_snapshot(when) \
    smp_load_acquire(updater, when##_dynticks, dynticks); \
    smp_load_acquire(updater, when##_qs_count, qs_count)

#ifdef GP_STALE_SNAPSHOT
bool idle_once;
#define was_idle (before_dynticks % 2 == 0 || idle_once)
#else
#define was_idle (before_dynticks % 2 == 0)
#endif
#ifndef QUIESCENT_SINCE
#define QUIESCENT_SINCE (was_idle || now_dynticks != before_dynticks || now_qs_count != before_qs_count)
#endif

// A situation that, as a variant claims, never exists while a grace period begins.
#ifndef NEVER
#define NEVER false
#endif

// Without this rule a counterexample is longer, since it continues until a handler uses freed data.
#ifndef JUDGES_SECTIONS
#define JUDGES_SECTIONS true
#endif

inline gp_begin() {
    d_step {
        coverage = NEVER;
        assert(!coverage);
        section[TASK] = (section[TASK] == INSIDE -> OLD : OUTSIDE);
        section[NMI] = (section[NMI] == INSIDE -> OLD : OUTSIDE);
        printf("updater: grace period begins\n")
    }
}

inline gp_end() {
    d_step {
#ifdef GP_STALE_SNAPSHOT
        idle_once = was_idle;
#endif
        before_dynticks = 0;
        before_qs_count = 0;
        now_dynticks = 0;
        now_qs_count = 0;
        grace_period = JUDGES_SECTIONS && (section[TASK] == OLD || section[NMI] == OLD);
        printf("updater: grace period ends\n");
        assert(!grace_period)
    }
}

inline synchronize_sched() {
    gp_begin();
    GP_BARRIER(updater);
    take_snapshot(before);
    do
    :: take_snapshot(now);
        if
        :: QUIESCENT_SINCE -> break
        // Checking again helps only if the value can have changed.
        :: else -> lines[dynticks].memory != now_dynticks || lines[qs_count].memory != now_qs_count
        fi
    od;
    skip;  // otherwise the loop would jump into a d_step
    smp_mb(updater);
    gp_end()
}
