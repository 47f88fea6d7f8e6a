// SPDX-License-Identifier: GPL-2.0-or-later
#include "fiber.h"

#include <cstdint>
#include <cstdlib>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN
#endif
#if __has_feature(address_sanitizer)
#define FIBER_ASAN
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define FIBER_TSAN
#endif
#ifdef __SANITIZE_ADDRESS__
#define FIBER_ASAN
#endif

#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace nmistorm::fake_kvm {
namespace {

constexpr std::size_t stack_size = 1 << 20;

}  // namespace

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)), stack_(std::make_unique_for_overwrite<std::byte[]>(stack_size)) {
    getcontext(&fiber_);
    fiber_.uc_stack.ss_sp = stack_.get();
    fiber_.uc_stack.ss_size = stack_size;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    // makecontext() passes ints.
    makecontext(&fiber_, reinterpret_cast<void (*)()>(enter), 2, static_cast<unsigned>(self >> 32),
                static_cast<unsigned>(self));
#ifdef FIBER_TSAN
    tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {  // NOLINT(modernize-use-equals-default): not under ThreadSanitizer
#ifdef FIBER_TSAN
    __tsan_destroy_fiber(tsan_fiber_);
#endif
}

void Fiber::enter(unsigned high, unsigned low) {
    auto* self = reinterpret_cast<Fiber*>(std::uintptr_t{high} << 32 | low);
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &self->caller_stack_, &self->caller_stack_size_);
#endif
    self->body_();
    std::abort();  // it returned
}

void Fiber::resume() {
#ifdef FIBER_ASAN
    void* own = nullptr;
    __sanitizer_start_switch_fiber(&own, stack_.get(), stack_size);
#endif
#ifdef FIBER_TSAN
    tsan_caller_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
    swapcontext(&caller_, &fiber_);
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(own, nullptr, nullptr);
#endif
}

void Fiber::leave() {
#ifdef FIBER_ASAN
    void* own = nullptr;
    __sanitizer_start_switch_fiber(&own, caller_stack_, caller_stack_size_);
#endif
#ifdef FIBER_TSAN
    __tsan_switch_to_fiber(tsan_caller_, 0);
#endif
    swapcontext(&fiber_, &caller_);
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(own, &caller_stack_, &caller_stack_size_);
#endif
}

}  // namespace nmistorm::fake_kvm
