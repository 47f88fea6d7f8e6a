// SPDX-License-Identifier: GPL-2.0-or-later
// guest/mem/module.cpp without overwriting code, since the guest must not write to this process's pages.
#include "mem/module.h"

#include "compiler.h"

void module_init(module_code& code, void* page) {
    code.page = static_cast<uint32_t*>(page);
    module_unload(code);
}

void module_load(module_code& code) {
    smp_store_release(&code.loaded, 1U);
}

void module_unload(module_code& code) {
    WRITE_ONCE(code.loaded, 0U);
}
