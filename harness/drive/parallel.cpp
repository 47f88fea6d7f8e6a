// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/parallel.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace nmistorm::drive {
namespace {

constexpr auto watch_every = std::chrono::milliseconds(100);

/// What the threads share.
class Queue {
  public:
    Queue(std::size_t count, unsigned threads) : count_(count), threads_(threads) {}

    void serve(const std::function<void(std::size_t)>& work) {
        try {
            for (std::size_t n = next(); n < count_; n = next()) {
                work(n);
            }
        } catch (...) {
            const std::lock_guard lock(mutex_);
            error_ = error_ ? error_ : std::current_exception();
            next_ = count_;
        }
        const std::lock_guard lock(mutex_);
        --threads_;
        ended_.notify_all();
    }

    void watch_to_the_end(const std::function<void()>& watch) {
        std::unique_lock lock(mutex_);
        while (!ended_.wait_for(lock, watch_every, [this] { return threads_ == 0; })) {
            lock.unlock();
            watch();
            lock.lock();
        }
        if (error_) {
            std::rethrow_exception(error_);
        }
    }

  private:
    std::size_t next() {
        const std::lock_guard lock(mutex_);
        return next_ < count_ ? next_++ : count_;
    }

    std::mutex mutex_;
    std::condition_variable ended_;
    const std::size_t count_;
    std::size_t next_ = 0;
    unsigned threads_;
    std::exception_ptr error_;
};

}  // namespace

void parallel(unsigned jobs, std::size_t count, const std::function<void(std::size_t)>& work,
              const std::function<void()>& watch) {
    const auto threads = static_cast<unsigned>(std::min<std::size_t>(jobs, count));
    Queue queue(count, threads);
    std::vector<std::jthread> running;
    for (unsigned n = 0; n < threads; ++n) {
        running.emplace_back([&queue, &work] { queue.serve(work); });
    }
    queue.watch_to_the_end(watch);
}

}  // namespace nmistorm::drive
