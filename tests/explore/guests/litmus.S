/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small programs for two CPUs and an NMI handler, one image for all; Boot::seed says which one is run. Each panics
 * in the orders that its name speaks of, and only in those. CPU 0's part is the swap. litmus_test.cpp says how
 * many preemptions and NMIs each takes.
 */
#include "guest.inc"

        .equ    ADDED, NMISTORM_CPU_PAGE_SIZE   /* a CPU's own words, behind its CpuPage */
        .equ    ADDED_BY_HANDLER, NMISTORM_CPU_PAGE_SIZE + 4
        .equ    SOFTWARE_PANIC, 256     /* above every vector */

        .equ    TSS_IST1, 0x24          /* SDM 3A, figure 8-11 */

        .macro  label name              /* that the test looks for */
        .type   \name, @object
\name:
        .endm

        .section .bss
        .balign 64
        label   x
        .long   0
        .balign 64
        label   y
        .long   0
        .balign 64
done:   .long   0
        .balign 64
        label   many
        .skip   64
        .size   many, . - many

/* program NAME: its number is its place here. cpu0, cpu1 and nmi are the labels NAME_cpu0 and so on. */
        .section .rodata
programs:
        .macro  program name
        .quad   \name\()_cpu0, \name\()_cpu1, \name\()_nmi
        .endm
        program lost_update
        program locked_update
        program published_early
        program published_late
        program check_then_set
        program set_then_check
        program between_reads
        program update_that_an_nmi_loses
        program update_that_no_nmi_loses
        program handler_sees_half
        program handler_sees_all
        program shared_in_some_orders
        program freed_under_the_handler
        program freed_after_the_handler
        program random
        program takes_an_exception
        program shuts_down
        program handler_spins
        program handler_halts
        program fills_downwards
        program fills_upwards
        program saves_flags
        program runs_long
        program uses_sse
        program uses_x87
        program reads_msr
        program writes_msr
        program asks_cpuid
        program draws_random
        program reads_tscp
        program loads_segment
        program writes_page_table
        program moves_nmi_stack

        .text
        .globl  _start
_start: mov     NMISTORM_BOOT_SEED(%rdi), %eax
        imul    $24, %eax
        lea     programs(%rax), %r15    /* no program uses r15 */
        mov     $invalid_opcode, %eax
        route   6, 2
        mov     16(%r15), %rax
        route   2, 1
        load_idt
        lea     1(%rsi), %r13d
        imul    $NMISTORM_TSS_STRIDE, %r13d
        sub     $NMISTORM_TSS_STRIDE, %r13d
        add     NMISTORM_BOOT_TSS(%rdi), %r13d   /* its TSS */
        movl    $1, many + 60           /* freed_* start with published data */
        go_online
        test    %esi, %esi
        jz      1f
        pause                           /* from here on CPU 1 is explored */
        jmp     *8(%r15)
1:      jmp     *(%r15)

swapped:
        incl    %gs:NMISTORM_SWAPS
        jmp     rest
cpu1_done:
        movl    $1, done
rest:   pause
        jmp     rest
bug:    movl    $SOFTWARE_PANIC, %gs:NMISTORM_PANIC_VECTOR
stop:   out     %al, $NMISTORM_PANIC_PORT
        jmp     rest

        .macro  wait_for_cpu1
1:      pause
        cmpl    $1, done
        jne     1b
        .endm

        .macro  nmi_begins
        incl    %gs:NMISTORM_NMI_ENTRIES
        incl    %gs:NMISTORM_NMI_COUNT
        incl    %gs:NMISTORM_NMI_CALLBACKS
        incl    %gs:NMISTORM_NMI_DUMMY
        incl    %gs:NMISTORM_NMI_DEFAULTED
        .endm
        .macro  nmi_ends
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
        .endm

plain_nmi:
        nmi_begins
        nmi_ends

/* Both add one, and one is lost. */
lost_update_cpu0:
        mov     x, %ecx
        inc     %ecx
        mov     %ecx, x
        wait_for_cpu1
        cmpl    $2, x
        jne     bug
        jmp     swapped
lost_update_cpu1:
        mov     x, %ecx
        inc     %ecx
        mov     %ecx, x
        jmp     cpu1_done
        .set    lost_update_nmi, plain_nmi

locked_update_cpu0:
        lock incl x
        wait_for_cpu1
        cmpl    $2, x
        jne     bug
        jmp     swapped
locked_update_cpu1:
        lock incl x
        jmp     cpu1_done
        .set    locked_update_nmi, plain_nmi

/* y says that x is written. */
published_early_cpu0:
        movl    $1, y
        nop
        movl    $1, x
        jmp     swapped
        .set    published_early_cpu1, reads_y_then_x
        .set    published_early_nmi, plain_nmi
published_late_cpu0:
        movl    $1, x
        nop
        movl    $1, y
        jmp     swapped
        .set    published_late_cpu1, reads_y_then_x
        .set    published_late_nmi, plain_nmi
reads_y_then_x:
        mov     y, %ecx
        mov     x, %edx
        cmp     %ecx, %edx
        jb      bug
        jmp     rest

/* Both are in the section at once: x and y are the flags, done counts the CPUs in it. */
check_then_set_cpu0:
        cmpl    $0, y
        jne     swapped
        movl    $1, x
        jmp     section_cpu0
check_then_set_cpu1:
        cmpl    $0, x
        jne     rest
        movl    $1, y
        jmp     section_cpu1
        .set    check_then_set_nmi, plain_nmi
set_then_check_cpu0:
        movl    $1, x
        cmpl    $0, y
        jne     swapped
        jmp     section_cpu0
set_then_check_cpu1:
        movl    $1, y
        cmpl    $0, x
        jne     rest
        jmp     section_cpu1
        .set    set_then_check_nmi, plain_nmi
section_cpu0:
        mov     $1, %ecx
        lock xadd %ecx, done
        test    %ecx, %ecx
        jnz     bug
        lock decl done
        movl    $0, x
        jmp     swapped
section_cpu1:
        mov     $1, %ecx
        lock xadd %ecx, done
        test    %ecx, %ecx
        jnz     bug
        lock decl done
        movl    $0, y
        jmp     rest

/* CPU 0 reads x while it is 1, and again when it is not. */
between_reads_cpu0:
        mov     x, %ecx
        nop
        mov     x, %edx
        cmp     %edx, %ecx
        ja      bug
        jmp     swapped
between_reads_cpu1:
        movl    $1, x
        nop
        movl    $0, x
        jmp     rest
        .set    between_reads_nmi, plain_nmi

/* A word that only CPU 1 and its handler access. */
update_that_an_nmi_loses_cpu0:
        wait_for_cpu1
        jmp     swapped
update_that_an_nmi_loses_cpu1:
        mov     %gs:ADDED, %ecx
        inc     %ecx
        mov     %ecx, %gs:ADDED
        jmp     check_sum
        .set    update_that_an_nmi_loses_nmi, counting_nmi
        .set    update_that_no_nmi_loses_cpu0, update_that_an_nmi_loses_cpu0
update_that_no_nmi_loses_cpu1:
        incl    %gs:ADDED
        jmp     check_sum
        .set    update_that_no_nmi_loses_nmi, counting_nmi
check_sum:
        mov     %gs:ADDED_BY_HANDLER, %edx /* read the later value first */
        mov     %gs:ADDED, %ecx
        cmp     %ecx, %edx
        jae     bug
        jmp     cpu1_done
counting_nmi:
        nmi_begins
        incl    %gs:ADDED
        incl    %gs:ADDED_BY_HANDLER
        nmi_ends

/* The handler must not see y without x. */
handler_sees_half_cpu0:
        movl    $1, y
        nop
        movl    $1, x
        jmp     swapped
        .set    handler_sees_half_cpu1, rest
        .set    handler_sees_half_nmi, both_nmi
handler_sees_all_cpu0:
        movl    $1, x
        nop
        movl    $1, y
        jmp     swapped
        .set    handler_sees_all_cpu1, rest
        .set    handler_sees_all_nmi, both_nmi
both_nmi:
        nmi_begins
        push    %rcx
        mov     y, %ecx
        cmp     %ecx, x
        jb      bug
        pop     %rcx
        nmi_ends

/* Which word CPU 1 adds to depends on x: it is one of CPU 0's only if it saw x while that was 1. */
shared_in_some_orders_cpu0:
        movl    $1, x
        nop
        movl    $0, x
        mov     many + 4, %ecx
        inc     %ecx
        mov     %ecx, many + 4
        wait_for_cpu1
        mov     many, %ecx
        add     many + 4, %ecx
        cmp     $2, %ecx
        jne     bug
        jmp     swapped
shared_in_some_orders_cpu1:
        mov     x, %ebx
        mov     many(,%rbx,4), %ecx
        inc     %ecx
        mov     %ecx, many(,%rbx,4)
        jmp     cpu1_done
        .set    shared_in_some_orders_nmi, plain_nmi

/* many + 60 is the pointer, 1 while published; x is 1 while CPU 1's handler is inside; y is 1 once the data is freed. */
freed_under_the_handler_cpu0:
        cmpl    $0, x
        jne     swapped
        movl    $0, many + 60
        movl    $1, y
        jmp     swapped
        .set    freed_under_the_handler_cpu1, rest
        .set    freed_under_the_handler_nmi, using_nmi
freed_after_the_handler_cpu0:
        movl    $0, many + 60
1:      pause
        cmpl    $0, x
        jne     1b
        movl    $1, y
        jmp     swapped
        .set    freed_after_the_handler_cpu1, rest
        .set    freed_after_the_handler_nmi, using_nmi
using_nmi:
        nmi_begins
        movl    $1, x
        cmpl    $0, many + 60
        je      1f
        cmpl    $0, y
        jne     bug
1:      movl    $0, x
        nmi_ends

/*
 * litmus_test.cpp writes what the three do to x, y and many with ecx and edx, at most 64 bytes with a jump to _ends.
 * CPU 0 then makes one number of 0 to 7 of all that they ended with, and panics if it is the one wanted.
 */
        .section .rodata
        label   random_wanted
        .long   0

        .text
        .macro  room
        .skip   64, 0xcc
        .endm
random_cpu0:
        xor     %ecx, %ecx
        xor     %edx, %edx
        label   random_cpu0_room
        room
        label   random_cpu0_ends
        wait_for_cpu1
        imul    $3, %edx, %edx
        add     %edx, %ecx
        add     many + 8, %ecx
        imul    $5, x, %edx
        add     %edx, %ecx
        imul    $7, y, %edx
        add     %edx, %ecx
        imul    $11, many, %edx
        add     %edx, %ecx
        and     $7, %ecx
        cmp     %ecx, random_wanted
        je      bug
        jmp     swapped
random_cpu1:
        xor     %ecx, %ecx
        xor     %edx, %edx
        label   random_cpu1_room
        room
        label   random_cpu1_ends
        imul    $13, %edx, %edx
        add     %edx, %ecx
        mov     %ecx, many + 8
        jmp     cpu1_done
random_nmi:
        nmi_begins
        push    %rcx
        push    %rdx
        xor     %ecx, %ecx
        xor     %edx, %edx
        label   random_nmi_room
        room
        label   random_nmi_ends
        pop     %rdx
        pop     %rcx
        nmi_ends

/* Each stops CPU 0 for good at its second instruction. */
takes_an_exception_cpu0:
        nop
        ud2
        .set    takes_an_exception_cpu1, rest
        .set    takes_an_exception_nmi, plain_nmi
invalid_opcode:
        cmp     $1, %r14d
        je      2f
        jb      3f
1:      hlt
        jmp     1b
2:      jmp     2b
3:      mov     (%rsp), %eax            /* its ip */
        movl    $6, %gs:NMISTORM_PANIC_VECTOR
        mov     %eax, %gs:NMISTORM_PANIC_IP
        jmp     stop

shuts_down_cpu0:
        movabs  $0x8000000000000000, %rcx
        mov     (%rcx), %ecx            /* #GP, which has no gate; the resulting faults have none either */
        .set    shuts_down_cpu1, rest
        .set    shuts_down_nmi, plain_nmi

/* The handler of that exception does not end. */
handler_spins_cpu0:
        mov     $1, %r14d
        ud2
        .set    handler_spins_cpu1, rest
        .set    handler_spins_nmi, plain_nmi
handler_halts_cpu0:
        mov     $2, %r14d
        ud2
        .set    handler_halts_cpu1, rest
        .set    handler_halts_nmi, plain_nmi

/* They panic if what an earlier order filled is still there. */
fills_downwards_cpu0:
        lea     many + 24, %rdi
        std
        jmp     fill
        .set    fills_downwards_cpu1, plays_with_x
        .set    fills_downwards_nmi, plain_nmi
fills_upwards_cpu0:
        lea     many, %rdi
        cld
        jmp     fill
        .set    fills_upwards_cpu1, plays_with_x
        .set    fills_upwards_nmi, plain_nmi
fill:   movl    $1, x
        mov     many, %rax
        or      many + 8, %rax
        or      many + 16, %rax
        or      many + 24, %rax
        jnz     bug
        mov     $4, %ecx
        mov     $-1, %rax
        rep stosq
        cld
        movl    $2, x
        jmp     swapped
plays_with_x:
        mov     x, %ecx
        movl    $3, x
        jmp     rest

/* TF, which is set for stepping, must be invisible and must not be lost. */
saves_flags_cpu0:
        pushfq
        testl   $0x100, (%rsp)
        jnz     bug
        popfq
        pushq   $2
        popfq
        nop
        pushfq
        pop     %rax
        test    $0x100, %eax
        jnz     bug
        jmp     swapped
        .set    saves_flags_cpu1, rest
        .set    saves_flags_nmi, plain_nmi

/* No access that another CPU could see, for far longer than any limit. */
runs_long_cpu0:
        mov     $1, %ecx
1:      add     $1, %ecx
        jnz     1b
        jmp     swapped
        .set    runs_long_cpu1, rest
        .set    runs_long_nmi, plain_nmi

/* An NMI finds its stack where CPU 1 has put it: it panics on one that is not where the TSS says. */
moves_nmi_stack_cpu0:
        wait_for_cpu1
        jmp     swapped
moves_nmi_stack_cpu1:
        mov     TSS_IST1(%r13), %rax
        sub     $64, %rax
        mov     %rax, TSS_IST1(%r13)
        jmp     cpu1_done
moves_nmi_stack_nmi:
        nmi_begins
        push    %rcx
        lea     48(%rsp), %rcx          /* where it began: behind five words and this one */
        cmp     TSS_IST1(%r13), %rcx
        jne     bug
        pop     %rcx
        nmi_ends

/* Each has an effect that cannot be undone, or reads what differs each time. */
        .macro  refused name
        .set    \name\()_cpu1, rest
        .set    \name\()_nmi, plain_nmi
\name\()_cpu0:
        .endm
        refused uses_sse
        cvtsi2sd %ecx, %xmm0
        jmp     swapped
        refused uses_x87
        fld1
        jmp     swapped
        refused reads_msr
        mov     $0xc0000102, %ecx       /* kernel GS base */
        rdmsr
        jmp     swapped
        refused writes_msr
        mov     $0xc0000102, %ecx
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr
        jmp     swapped
        refused asks_cpuid
        xor     %eax, %eax
        cpuid
        jmp     swapped
        refused draws_random
        rdrand  %eax
        jmp     swapped
        refused reads_tscp
        rdtscp
        jmp     swapped
        refused loads_segment
        mov     %ds, %eax
        mov     %eax, %es
        jmp     swapped
        refused writes_page_table
        mov     0x1000, %rax
        mov     %rax, 0x1000
        jmp     swapped
