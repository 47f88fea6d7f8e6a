// SPDX-License-Identifier: GPL-2.0-or-later
// Every place of the pattern that orders memory, and the ordering that it needs. A variant weakens one with -D.

#define no_barrier(cpu) skip

#ifndef ASSIGN
#define ASSIGN smp_store_release  // rcu_assign_pointer()
#endif
#ifndef DEREFERENCE
#define DEREFERENCE smp_load_acquire  // rcu_dereference_sched()
#endif
#ifndef QS_STORE
#define QS_STORE smp_store_release  // rcu_sched_qs(): after all accesses of earlier sections
#endif
#ifndef QS_BARRIER
#define QS_BARRIER smp_mb  // and before all accesses of later sections
#endif
#ifndef IDLE_ENTER
#define IDLE_ENTER xadd
#endif
#ifndef IDLE_EXIT
#define IDLE_EXIT xadd
#endif
#ifndef NMI_ENTER
#define NMI_ENTER xadd  // where the NMI interrupted an idle CPU
#endif
#ifndef NMI_EXIT
#define NMI_EXIT xadd
#endif
#ifndef NMI_DELIVERY
#define NMI_DELIVERY smp_mb  // drains the store buffer (SDM 3A, 11.10)
#endif
#ifndef NMI_RETURN
#define NMI_RETURN no_barrier  // IRET would be one, but nothing needs it
#endif
#ifndef GP_BARRIER
#define GP_BARRIER smp_mb  // synchronize_sched(): a handler that begins after this does not see what was unset
#endif
