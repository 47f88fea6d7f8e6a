// SPDX-License-Identifier: GPL-2.0-or-later
// A machine with the reorderings of Alpha, and more. Without barriers
// - a store is committed at any later time, before or after other stores;
// - a load by the target returns the value of any earlier time, even if its address comes from a load;
// - its last access to a section's data is performed at any later time, even after later stores.
// The updater loads only with acquire, so in order. Late stores already cover that its loads may pass its stores.
// The order of one CPU's accesses to one line is kept, and all CPUs share one memory.

byte late[2];  // by context: the block whose access is still to be performed, or NONE

#define perform(context) \
    if \
    :: late[context] != NONE -> \
        printf("target: access to block %d is performed\n", late[context]); \
        judge_access(late[context]); \
        late[context] = NONE \
    :: else \
    fi

#define commit_all(cpu) commit_all_##cpu
#define commit_all_updater commit(nmi_callback); commit(data_1); commit(data_2); commit(block_1); commit(block_2)
#define commit_all_target perform(TASK); perform(NMI); commit(dynticks); commit(qs_count)

#define refresh_all(cpu) refresh_all_##cpu
#define refresh_all_updater skip
#define refresh_all_target \
    refresh(nmi_callback); refresh(data_1); refresh(data_2); refresh(block_1); refresh(block_2)

#define loaded_by_updater(line) lines[line].memory
#define loaded_by_target(line) lines[line].seen

#define load(cpu, value, line) \
    d_step { value = loaded_by_##cpu(line); printf(#cpu); printf(": loads %d from %e\n", value, line) }
#define smp_load_acquire(cpu, value, line) d_step { load(cpu, value, line); refresh_all(cpu) }
#define store(cpu, line, value) \
    d_step { lines[line].stored = value; printf(#cpu); printf(": stores %d to %e\n", lines[line].stored, line) }
#define smp_store_release(cpu, line, value) \
    d_step { printf(#cpu); printf(": release barrier\n"); commit_all(cpu); store(cpu, line, value) }
#define smp_mb(cpu) d_step { printf(#cpu); printf(": full barrier\n"); commit_all(cpu); refresh_all(cpu) }
#define access(context, number) \
    perform(context); \
    late[context] = number; \
    printf("target: will access block %d\n", number)

#ifdef SPLIT_XADD
#define xadd(line) smp_mb(target); add(line); smp_mb(target)
#else
#define xadd(line) d_step { add(line); smp_mb(target) }
#endif

#define may_commit(line) \
    :: d_step { \
        lines[line].memory != lines[line].stored -> \
        commit(line); \
        printf("        %d of %e reaches memory\n", lines[line].memory, line) \
    }
#define may_refresh(line) \
    :: d_step { \
        lines[line].seen != lines[line].memory -> \
        refresh(line); \
        printf("        %d of %e reaches target\n", lines[line].seen, line) \
    }
#define may_perform(context) :: d_step { late[context] != NONE -> perform(context); skip }

proctype machine() {
end:
    do
    may_commit(nmi_callback) may_refresh(nmi_callback)
    may_commit(data_1) may_refresh(data_1)
    may_commit(data_2) may_refresh(data_2)
    may_commit(block_1) may_refresh(block_1)
    may_commit(block_2) may_refresh(block_2)
    may_commit(dynticks) may_commit(qs_count)
    may_perform(TASK) may_perform(NMI)
    od
}
