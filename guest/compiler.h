// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

/// The kernel's names for accesses to shared memory (Documentation/memory-barriers.txt), made of the
/// compiler's atomics. A plain move on x86 stays a plain move, and ThreadSanitizer understands them when this
/// code is built for the host.
template <typename T>
inline T READ_ONCE(const T& location) {
    T value;
    __atomic_load(&location, &value, __ATOMIC_RELAXED);
    return value;
}

template <typename T, typename U>
inline void WRITE_ONCE(T& location, U value) {
    T stored = static_cast<T>(value);
    __atomic_store(&location, &stored, __ATOMIC_RELAXED);
}

template <typename T>
inline T smp_load_acquire(const T* location) {
    T value;
    __atomic_load(location, &value, __ATOMIC_ACQUIRE);
    return value;
}

template <typename T, typename U>
inline void smp_store_release(T* location, U value) {
    T stored = static_cast<T>(value);
    __atomic_store(location, &stored, __ATOMIC_RELEASE);
}

/// Keeps the compiler from moving memory accesses across it.
inline void barrier() {
    __asm__ volatile("" ::: "memory");
}

/// `nmistorm explore` watches calls of this function. There is one copy of it, every call in the source is a
/// call in the image, and the argument is where the ABI says. Without `used`, Clang's link-time optimisation
/// passes it in another register.
#ifdef __clang__
#define WATCHED __attribute__((noinline, used))
#else
#define WATCHED __attribute__((noipa))
#endif

/// For code that most runs never execute. GCC from -O2 on moves the calls of it, with what leads there, out
/// of the calling function, so that a run can execute every instruction of that function.
#define RARE __attribute__((cold, noinline))

/// Guest addresses are below 4 GiB in both architectures, see abi/boot.h.
template <typename T>
inline uint32_t address_of(T* pointer) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}
