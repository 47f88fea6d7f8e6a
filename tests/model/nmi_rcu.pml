// SPDX-License-Identifier: GPL-2.0-or-later
// Publication, dispatch, grace period and reclamation, without end: an updater that swaps handlers on one CPU, and a
// CPU that runs readers, passes scheduling points, idles, and takes an NMI anywhere. See README.md.
#include "barriers.pml"
#include "memory.pml"
#include "rcu_sched.pml"

bool in_nmi;
bool quiet;       // the target idles and no NMI will come any more
bool retired[3];  // by handler: a grace period has ended since it was current

#define rcu_assign_pointer(line, value) ASSIGN(updater, line, value)
#define rcu_dereference_sched(value, line) DEREFERENCE(target, value, line)

#ifdef READ_AFTER_EXIT
byte lingering;  // the block that the handler still uses, or NONE
#define last_access(context) lingering = number
#else
#define last_access(context) access(context, number)
#endif

#define load_data() \
    if \
    :: number != NONE -> load(target, value, block(number)) \
    :: else \
    fi

#define judge_data() \
    publish = number == NONE || (value != callback && value != FREED); \
    assert(!publish); \
    reclaim = value == FREED; \
    assert(!reclaim)

// Forgets what it loaded, or equal states would differ in dead values.
#define done(context) \
    section_end(context); \
    callback = 0; \
    number = 0; \
    value = 0

// do_nmi() or a reader: finds the current handler, and its data.
inline use_handler(context) {
#ifdef SPECULATING_COMPILER
    // It guesses a handler and loads its data before it knows which handler it is.
    if
    :: guess = 1
    :: guess = 2
    fi;
    rcu_dereference_sched(number, data(guess));
    d_step { load_data(); skip };
#endif
    d_step {
        rcu_dereference_sched(callback, nmi_callback);
        freshness = retired[callback];
        assert(!freshness)
    }
    if
    :: d_step { callback == DUMMY -> done(context) }
#ifdef SPECULATING_COMPILER
    :: d_step { callback == guess -> judge_data(); last_access(context); done(context) }
#endif
    :: else ->
        rcu_dereference_sched(number, data(callback));
        d_step { load_data(); judge_data(); last_access(context); done(context) }
    fi
}

proctype nmi() {
    byte callback, number, value;
#ifdef SPECULATING_COMPILER
    byte guess;
#endif
end:
    do
    :: d_step {
            !quiet -> in_nmi = true;
            printf("target: NMI\n");
            NMI_DELIVERY(target);
            rcu_nmi_enter();
            section_begin(NMI)
        }
        use_handler(NMI);
        d_step {
#ifdef QS_IN_NMI
            rcu_sched_qs();
#endif
            rcu_nmi_exit();
            NMI_RETURN(target);
#ifdef READ_AFTER_EXIT
        }
        d_step {
            if
            :: lingering != NONE -> judge_access(lingering)
            :: else
            fi;
            lingering = NONE;
#endif
            printf("target: NMI returns\n");
            in_nmi = false
        }
    od
}

proctype task() provided(!in_nmi) {
    byte callback, number, value;
#ifdef SPECULATING_COMPILER
    byte guess;
#endif
    do
    :: section_begin(TASK);
#ifdef QS_IN_PREEMPT_OFF
        rcu_sched_qs();
#endif
        use_handler(TASK)
    :: rcu_sched_qs()
    :: rcu_idle_enter();
        if
        :: rcu_idle_exit()
        :: quiet = true;
            break
        fi
    od
}

inline free(handler) {
#ifdef SKIP_GRACE_PERIOD
    store(updater, block(lines[data(handler)].stored), FREED)
#else
    synchronize_sched();
    d_step {
        retired[handler] = true;
        store(updater, block(lines[data(handler)].stored), FREED)
    }
#endif
}

proctype updater() {
    byte next = 1, current = DUMMY, number = 1;
    do
    :: store(updater, block(number), UNINIT);
#ifndef PUBLISH_BEFORE_INIT
        store(updater, block(number), next);
#endif
        rcu_assign_pointer(data(next), number);
        d_step {
            retired[next] = false;
            rcu_assign_pointer(nmi_callback, next)
        }
#ifdef PUBLISH_BEFORE_INIT
        store(updater, block(number), next);
#endif
        // The cycle `replace`...
        if
        :: current != DUMMY -> free(current)
        :: else
        fi;
        current = next;
        next = 3 - next;
        number = 3 - number;
        // ...and the cycle `unset`, after which either handler may be the next.
        if
        :: true
        :: true ->
#ifndef UNSET_KEEPS_CALLBACK
            rcu_assign_pointer(nmi_callback, DUMMY);
#endif
            free(current);
            current = DUMMY;
            if
            :: true
            :: next = 3 - next
            fi
        fi
    od
}

init {
    atomic {
        lines[dynticks].stored = 1;
        lines[dynticks].memory = 1;
        run machine();
        run updater();
        run task();
        run nmi()
    }
}
