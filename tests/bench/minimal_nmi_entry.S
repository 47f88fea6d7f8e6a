/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the place of arch/x86_64/nmi_entry.S: the least that an NMI can do so that its counts are right. It calls no
 * handler. What is left of the time of an NMI is what the VMM and KVM take. */

#include <nmistorm/abi/assembly.h>

        .text
        .globl  nmi_entry
        .type   nmi_entry, @function
nmi_entry:
        incl    %gs:NMISTORM_NMI_ENTRIES
        incl    %gs:NMISTORM_NMI_COUNT
        incl    %gs:NMISTORM_NMI_CALLBACKS
        incl    %gs:NMISTORM_NMI_DUMMY
        incl    %gs:NMISTORM_NMI_DEFAULTED
        incl    %gs:NMISTORM_NMI_EXITS
        iretq
        .size   nmi_entry, . - nmi_entry

        .section .note.GNU-stack, "", @progbits
