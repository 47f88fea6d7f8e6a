/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts a CPU that a PVH loader has started (start_info.h of Xen: 32-bit protected mode, flat
 * segments, no paging) into the state that tests/bench/peer_image.cpp has saved, and runs the guest. It is copied into
 * a page that the guest maps and does not execute. The values before `peer_start` are filled in there.
 */
    .section .rodata
    .globl peer_code, peer_code_end, peer_start
    .balign 16
peer_code:
low_from:   .long 0     /* a copy of the memory below 1 MiB, which the firmware has used */
low_bytes:  .long 0
cr0:        .long 0
cr3:        .long 0
cr4:        .long 0
efer:       .long 0
tss:        .long 0
gs_base:    .long 0
rip:        .long 0
rsp:        .long 0
rdi:        .long 0
rsi:        .long 0
    .balign 8
gdt:        .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x0000890000000067, 0
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long 0
    .long 0
far:        .long 0
    .word 8

    .code32
    .balign 16
peer_start:
    cli
    cld
    lea 0x1000(%ebx), %esp                  /* PVH sets no stack; behind its start info nothing is in use */
    movl $0x1ff, 0xfee000f0                 /* the APIC's spurious vector, and the APIC on: QEMU's inject-nmi goes */
    movl $0x400, 0xfee00360                 /* through LINT1, which firmware sets to NMI (SDM 3A, 11.5.1) */
    call 1f
1:  pop %ebp
    sub $(1b - peer_code), %ebp             /* where this code is */
    mov (low_from - peer_code)(%ebp), %esi
    mov (low_bytes - peer_code)(%ebp), %ecx
    xor %edi, %edi
    rep movsb
    mov (tss - peer_code)(%ebp), %eax       /* the descriptor's base */
    mov %ax, (gdt + 24 + 2 - peer_code)(%ebp)
    shr $16, %eax
    mov %al, (gdt + 24 + 4 - peer_code)(%ebp)
    mov %ah, (gdt + 24 + 7 - peer_code)(%ebp)
    lea (gdt - peer_code)(%ebp), %eax
    mov %eax, (gdt_pointer + 2 - peer_code)(%ebp)
    lgdt (gdt_pointer - peer_code)(%ebp)
    lea (in_64_bits - peer_code)(%ebp), %eax
    mov %eax, (far - peer_code)(%ebp)
    mov (cr4 - peer_code)(%ebp), %eax
    mov %eax, %cr4
    mov (cr3 - peer_code)(%ebp), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx                   /* IA32_EFER, without LMA, which the CPU sets */
    mov (efer - peer_code)(%ebp), %eax
    and $~0x400, %eax
    xor %edx, %edx
    wrmsr
    mov (cr0 - peer_code)(%ebp), %eax
    mov %eax, %cr0
    ljmp *(far - peer_code)(%ebp)

    .code64
in_64_bits:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %eax, %fs
    mov %eax, %gs
    mov $24, %eax
    ltr %ax
    mov $0xc0000101, %ecx                   /* IA32_GS_BASE */
    mov (gs_base - peer_code)(%rbp), %eax
    xor %edx, %edx
    wrmsr
    mov (rsp - peer_code)(%rbp), %esp
    mov (rdi - peer_code)(%rbp), %edi
    mov (rsi - peer_code)(%rbp), %esi
    mov (rip - peer_code)(%rbp), %eax
    jmp *%rax
peer_code_end:
    .section .note.GNU-stack, "", @progbits
