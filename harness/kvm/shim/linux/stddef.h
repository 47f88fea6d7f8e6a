// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// In C++ the __DECLARE_FLEX_ARRAY of linux-libc-dev 6.1 adds a member of nonzero size, which makes
// structs like kvm_cpuid2 too large and so the ioctl numbers derived from sizeof wrong: the kernel
// answers EINVAL. kvm/ioctl.h pins a few of those numbers.
#include_next <linux/stddef.h>

#undef __DECLARE_FLEX_ARRAY
#define __DECLARE_FLEX_ARRAY(TYPE, NAME) TYPE NAME[0]
