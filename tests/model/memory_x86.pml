// SPDX-License-Identifier: GPL-2.0-or-later
// x86 (SDM 3A, 8.2.2): each CPU's stores wait in a buffer and are committed in their order; loads take what is in
// memory, in their order. So acquire and release cost nothing, and only the compiler can reorder.

#define ACCESS 0  // in a buffer: no line, but an access to the block that follows

// More than the updater stores between two full barriers.
chan buffer_of_updater = [10] of { byte, byte };
chan buffer_of_target = [3] of { byte, byte };
byte to, what;

#define commit_oldest(cpu) \
    buffer_of_##cpu?to,what; \
    if \
    :: to == ACCESS -> \
        printf("target: access to block %d is performed\n", what); \
        judge_access(what) \
    :: else -> \
        lines[to].memory = what; \
        printf("        %d of %e reaches memory\n", what, to) \
    fi; \
    to = 0; \
    what = 0

#define commit_all(cpu) \
    do \
    :: nempty(buffer_of_##cpu) -> commit_oldest(cpu) \
    :: empty(buffer_of_##cpu) -> break \
    od

#define buffer(cpu, line, value) \
    if \
    :: full(buffer_of_##cpu) -> commit_oldest(cpu) \
    :: nfull(buffer_of_##cpu) \
    fi; \
    buffer_of_##cpu!line,value

#define load(cpu, value, line) \
    d_step { value = lines[line].memory; printf(#cpu); printf(": loads %d from %e\n", value, line) }
#define smp_load_acquire(cpu, value, line) load(cpu, value, line)
#define store(cpu, line, value) \
    d_step { \
        lines[line].stored = value; \
        buffer(cpu, line, lines[line].stored); \
        printf(#cpu); \
        printf(": stores %d to %e\n", lines[line].stored, line) \
    }
#define smp_store_release(cpu, line, value) store(cpu, line, value)
#define smp_mb(cpu) d_step { skip; commit_all(cpu); printf(#cpu); printf(": full barrier\n") }
#define xadd(line) d_step { add(line); smp_mb(target) }
#define access(context, number) buffer(target, ACCESS, number); printf("target: will access block %d\n", number)

proctype machine() {
end:
    do
    :: d_step { nempty(buffer_of_updater) -> commit_oldest(updater) }
    :: d_step { nempty(buffer_of_target) -> commit_oldest(target) }
    od
}
