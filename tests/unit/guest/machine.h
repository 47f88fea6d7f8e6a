// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include <cpu.h>
#include <percpu_init.h>

#include "handlers/nmi_data.h"
#include "mem/slab.h"
#include "rcu/rcu_sched.h"

/// Memory and CPUs for the guest's code in a host process, laid out as the harness would. Everything
/// lies below 4 GiB, as guest addresses do.
class FakeMachine {
  public:
    static constexpr uint32_t ring_events = 1 << 12;
    static constexpr uint32_t sample_slots = 8;

    explicit FakeMachine(uint32_t cpus, uint32_t ring_size = ring_events) {
        const size_t rings = size_t{cpus} * shared::rings_per_cpu * ring_size * sizeof(shared::Event);
        const size_t samples = size_t{cpus} * sample_slots * sizeof(uint32_t);
        size_ = 4096 + size_t{cpus} * shared::cpu_page_stride + rings + arena_size + samples;
        void* base =
            mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        if (base == MAP_FAILED) {
            throw std::runtime_error("no memory below 4 GiB");
        }
        base_ = static_cast<char*>(base);
        ::boot = reinterpret_cast<shared::Boot*>(base_);
        auto next = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(base_)) + 4096;
        boot->nr_cpus = cpus;
        boot->handlers = shared::handlers_all;
        boot->events = 1;
        boot->ring_events = ring_size;
        boot->cpu_pages = next;
        boot->rings = next += cpus * shared::cpu_page_stride;
        boot->arena = next += static_cast<uint32_t>(rings);
        boot->arena_size = arena_size;
        boot->samples = next + arena_size;
        boot->sample_slots = sample_slots;
        for (uint32_t i = 0; i < cpus; ++i) {
            init_percpu(i);
            per_cpu(i)->rcu.dynticks = rcu_counter_start;  // online
        }
        become(0);
        fake::on_relax = nullptr;
        slab_init(nmi_data_size(cpus));
    }
    FakeMachine(const FakeMachine&) = delete;
    FakeMachine& operator=(const FakeMachine&) = delete;
    ~FakeMachine() { munmap(base_, size_); }

    /// The calling thread is CPU @p number from now on.
    static void become(uint32_t number) { fake::cpu = per_cpu(number); }

    /// Runs @p work as CPU @p number.
    template <typename Work>
    static void as(uint32_t number, Work work) {
        percpu* before = fake::cpu;
        become(number);
        work();
        fake::cpu = before;
    }

    /// Returns what CPU @p number has written to @p which, oldest first, and forgets it.
    static std::vector<shared::Event> drain(uint32_t number, shared::RingOf which) {
        percpu* cpu = per_cpu(number);
        shared::RingControl& ring = cpu->page.rings[static_cast<uint32_t>(which)];
        std::vector<shared::Event> events;
        const uint32_t head = __atomic_load_n(&ring.head, __ATOMIC_ACQUIRE);
        for (uint32_t i = ring.tail; i != head; ++i) {
            events.push_back(cpu->rings[static_cast<uint32_t>(which)][i % boot->ring_events]);
        }
        __atomic_store_n(&ring.tail, head, __ATOMIC_RELEASE);
        return events;
    }

  private:
    static constexpr uint32_t arena_size = 64 * 1024;

    char* base_;
    size_t size_;
};
