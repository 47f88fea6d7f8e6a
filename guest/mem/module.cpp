// SPDX-License-Identifier: GPL-2.0-or-later
#include "mem/module.h"

#include "compiler.h"
#include "panic.h"

namespace {

constexpr uint32_t destroyed = 0xffffffff;

}  // namespace

void module_init(module_code& code, void* page) {
    code.page = static_cast<uint32_t*>(page);
    code.words = module_code::page_words;
    while (code.words != 0 && code.page[code.words - 1] == destroyed) {
        --code.words;
    }
    if (code.words > module_code::most_words) {
        panic("a handler's code is too large");
    }
    for (uint32_t i = 0; i < code.words; ++i) {
        code.copy[i] = code.page[i];
    }
    module_unload(code);
}

void module_load(module_code& code) {
    for (uint32_t i = 0; i < code.words; ++i) {
        WRITE_ONCE(code.page[i], code.copy[i]);
    }
    // `loaded` becomes 1 after the last word. Pairs with the READ_ONCE() in module_is_destroyed().
    smp_store_release(&code.loaded, 1U);
}

void module_unload(module_code& code) {
    // `loaded` becomes 0 before the first word changes: x86 does not reorder stores (SDM 3A, 8.2.2). Pairs
    // with the READ_ONCE() in module_is_destroyed(), which runs after the exception of a CPU in this code.
    WRITE_ONCE(code.loaded, 0U);
    for (uint32_t i = 0; i < code.words; ++i) {
        WRITE_ONCE(code.page[i], destroyed);
    }
}

bool module_is_destroyed(const module_code& code, uint32_t address) {
    constexpr uint32_t page_size = module_code::page_words * sizeof(uint32_t);
    return code.page != nullptr && READ_ONCE(code.loaded) == 0 && address - address_of(code.page) < page_size;
}
