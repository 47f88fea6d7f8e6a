// SPDX-License-Identifier: GPL-2.0-or-later
#include "mem/slab.h"

#include "fault/fault.h"
#include "panic.h"
#include "trace/trace.h"

namespace {

/// Precedes each block's payload, which guard_words words of shared::data_guard follow.
struct header {
    uint32_t generation;
    uint32_t words;  ///< of the payload that are in use
};

constexpr uint32_t guard_words = 4;
constexpr uint32_t around_payload = sizeof(header) + guard_words * sizeof(uint32_t);
constexpr uint32_t smallest_block = 512;
uint32_t block_size;  // a power of two, and so is the number of blocks: the counters below wrap

// The queue of free blocks: kmalloc() takes from its head, kfree() appends to its tail. At first it holds
// every block.
constexpr uint32_t max_blocks = 256;
uint32_t queue[max_blocks];
uint32_t blocks;
uint32_t head;  // counts kmalloc()
uint32_t tail;  // counts kfree()
uint32_t last_generation;
[[maybe_unused]] void* last_freed;  // Fault::recycled_data

header* header_of(const void* block) {
    return reinterpret_cast<header*>(reinterpret_cast<uintptr_t>(block) - sizeof(header));
}

/// Reports the first word behind the payload that something has written to. Any CPU may have.
void check_guard(const header* front) {
    const auto* guard = reinterpret_cast<const uint32_t*>(front + 1) + front->words;
    for (uint32_t i = 0; i < guard_words; ++i) {
        const uint32_t seen = READ_ONCE(guard[i]);
        if (seen != shared::data_guard) {
            trace_trip(shared::RingOf::task, shared::Trip::data_guard, seen, front->generation);
            return;
        }
    }
}

/// Uses WRITE_ONCE(), since a handler of a faulty image may be reading the block. Pairs with the READ_ONCE()s
/// in nmi_data_check(), without order.
void poison(void* block, uint32_t words, uint32_t value) {
    auto word = static_cast<uint32_t*>(block);
    for (uint32_t i = 0; i < words; ++i) {
        WRITE_ONCE(word[i], value);
    }
}

}  // namespace

void slab_init(uint32_t largest) {
    block_size = smallest_block;
    while (block_size < around_payload + largest) {
        block_size *= 2;
    }
    blocks = boot->arena_size / block_size < max_blocks ? boot->arena_size / block_size : max_blocks;
    for (uint32_t i = 0; i < blocks; ++i) {
        queue[i] = boot->arena + i * block_size;
    }
    head = 0;
    tail = blocks;
    last_generation = 0;
}

void* kmalloc(uint32_t size) {
    if constexpr (fault == Fault::recycled_data) {
        planted();
        if (void* hot = last_freed) {  // still in the queue, still under its old generation
            last_freed = nullptr;
            return hot;
        }
    }
    if (head == tail || size > block_size - around_payload) {
        panic("kmalloc");
    }
    const uint32_t address = queue[head++ % blocks];
    auto front = reinterpret_cast<header*>(static_cast<uintptr_t>(address));
    front->generation = ++last_generation;
    front->words = (size + 3) / 4;
    void* block = front + 1;
    poison(block, front->words, shared::poison_inuse);
    poison(static_cast<uint32_t*>(block) + front->words, guard_words, shared::data_guard);
    trace_task(shared::EventKind::alloc, address_of(block), front->generation);
    return block;
}

uint32_t kgeneration(const void* block) {
    return header_of(block)->generation;
}

void kfree(void* block) {
    header* front = header_of(block);
    check_guard(front);
    trace_task(shared::EventKind::free, address_of(block), front->generation);
    poison(block, front->words, shared::poison_free);
    queue[tail++ % blocks] = address_of(front);
    if constexpr (fault == Fault::recycled_data) {
        last_freed = block;
    }
    this_cpu_inc(this_cpu()->page.counters.freed);
}

void slab_check() {
    for (uint32_t i = 0; i < blocks && i < head; ++i) {  // at first they are taken in this order
        check_guard(reinterpret_cast<const header*>(static_cast<uintptr_t>(boot->arena + i * block_size)));
    }
}
