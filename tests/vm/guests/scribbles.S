/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes NMIs correctly, and fills its shared page with random words repeatedly. */
#include "guest.inc"
        .globl  _start
_start: mov     %edi, %ebx
        take_nmis_at nmi
        go_online
        mov     $0x2545f491, %r8d
1:      mov     NMISTORM_BOOT_CPU_PAGES(%rbx), %edi
        mov     $NMISTORM_CPU_PAGE_SIZE / 4, %ecx
        call    fill
        mov     NMISTORM_BOOT_RINGS(%rbx), %edi
        mov     $1024, %ecx
        call    fill
        jmp     1b

fill:   mov     %r8d, %eax              /* xorshift32 */
        shl     $13, %eax
        xor     %eax, %r8d
        mov     %r8d, %eax
        shr     $17, %eax
        xor     %eax, %r8d
        mov     %r8d, %eax
        shl     $5, %eax
        xor     %eax, %r8d
        mov     %r8d, (%rdi)
        add     $4, %rdi
        dec     %ecx
        jnz     fill
        ret

nmi:    incl    %gs:NMISTORM_NMI_ENTRIES
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
