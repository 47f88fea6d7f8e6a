/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The ABI's numbers for guests' assembly, which sees no C++. Each is asserted beside what it stands for, in
 * the header that the comment names.
 */

#define NMISTORM_MAGIC 0x73696d6e /* version.h */
#define NMISTORM_VERSION 10

#define NMISTORM_NOTE_TYPE 1 /* image_note.h */
#define NMISTORM_NOTE_FAULT_SIZE 24

/* boot.h: offsets in Boot */
#define NMISTORM_BOOT_SEED 24
#define NMISTORM_BOOT_CPU_PAGES 40
#define NMISTORM_BOOT_RINGS 44
#define NMISTORM_BOOT_TSS 60
#define NMISTORM_TSS_STRIDE 128

/* cpu_page.h: offsets in CpuPage, to which gs points; of its counters and its Panic, too */
#define NMISTORM_STATE 0
#define NMISTORM_NMI_ENTRIES 4
#define NMISTORM_NMI_EXITS 8
#define NMISTORM_NMI_COUNT 12
#define NMISTORM_NMI_DEFAULTED 20
#define NMISTORM_SWAPS 32
#define NMISTORM_NMI_DUMMY 64
#define NMISTORM_NMI_NESTED 72
#define NMISTORM_NMI_CALLBACKS 76
#define NMISTORM_PANIC_VECTOR 80
#define NMISTORM_PANIC_IP 88
#define NMISTORM_CPU_PAGE_SIZE 512

#define NMISTORM_STATE_ONLINE 1
#define NMISTORM_PANIC_PORT 0xf4
