// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace nmistorm::fake_kvm {

/// A function on a stack of its own, to which others switch and which switches back. Both sanitizers are told
/// of each switch.
class Fiber {
  public:
    /// @p body must not return.
    explicit Fiber(std::function<void()> body);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber();

    /// Continues the body until it calls leave().
    void resume();
    /// Returns to where resume() was called. Call on the fiber.
    void leave();

  private:
    static void enter(unsigned high, unsigned low);

    std::function<void()> body_;
    std::unique_ptr<std::byte[]> stack_;
    ucontext_t fiber_{};
    ucontext_t caller_{};
    [[maybe_unused]] void* tsan_fiber_ = nullptr;
    [[maybe_unused]] void* tsan_caller_ = nullptr;
    [[maybe_unused]] const void* caller_stack_ = nullptr;
    [[maybe_unused]] std::size_t caller_stack_size_ = 0;
};

}  // namespace nmistorm::fake_kvm
