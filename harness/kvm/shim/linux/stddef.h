// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// In C++, __DECLARE_FLEX_ARRAY of linux-libc-dev 6.1 adds a member of nonzero size. That makes structs like
// kvm_cpuid2 too large, so the ioctl numbers derived from sizeof are wrong and the kernel returns EINVAL.
// kvm/ioctl.h asserts a few of those numbers.
#include_next <linux/stddef.h>

#undef __DECLARE_FLEX_ARRAY
#define __DECLARE_FLEX_ARRAY(TYPE, NAME) TYPE NAME[0]
