// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine.h"

#include "panic.h"

shared::Boot* boot;

void panic(const char* what) {
    throw std::runtime_error(what);
}
