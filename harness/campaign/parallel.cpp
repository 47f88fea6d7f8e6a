// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/parallel.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/thread.h"

namespace nmistorm::campaign {
namespace {

constexpr auto watch_every = std::chrono::milliseconds(100);

/// The work, and the threads that do it.
class Queue {
  public:
    Queue(std::size_t count, const std::function<void(std::size_t)>& work) : count_(count), work_(work) {}
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    ~Queue() {
        begin_nothing_more();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    /// If one of @p threads cannot be started, none of them begins any work.
    void start(unsigned threads) {
        const std::lock_guard lock(mutex_);  // threads that were started wait for it
        try {
            while (threads_.size() < threads) {
                threads_.push_back(start_thread(fmt::format("job {}", serving_), [this] { serve(); }));
                ++serving_;
            }
        } catch (...) {
            fail();
        }
    }

    void watch_to_the_end(const std::function<void()>& watch) {
        std::unique_lock lock(mutex_);
        while (!ended_.wait_for(lock, watch_every, [this] { return serving_ == 0; })) {
            lock.unlock();
            watch();
            lock.lock();
        }
        if (error_) {
            std::rethrow_exception(error_);
        }
    }

  private:
    void serve() {
        try {
            for (std::size_t n = next(); n < count_; n = next()) {
                work_(n);
            }
        } catch (...) {
            const std::lock_guard lock(mutex_);
            fail();
        }
        const std::lock_guard lock(mutex_);
        --serving_;
        ended_.notify_all();
    }

    /// mutex_ must be held and an exception be handled. Ends all work.
    void fail() {
        error_ = error_ ? error_ : std::current_exception();
        next_ = count_;
    }

    void begin_nothing_more() {
        const std::lock_guard lock(mutex_);
        next_ = count_;
    }

    std::size_t next() {
        const std::lock_guard lock(mutex_);
        return next_ < count_ ? next_++ : count_;
    }

    std::mutex mutex_;
    std::condition_variable ended_;
    const std::size_t count_;
    std::size_t next_ = 0;
    const std::function<void(std::size_t)>& work_;
    unsigned serving_ = 0;
    std::exception_ptr error_;
    std::vector<std::thread> threads_;
};

}  // namespace

void parallel(unsigned jobs, std::size_t count, const std::function<void(std::size_t)>& work,
              const std::function<void()>& watch) {
    Queue queue(count, work);
    queue.start(static_cast<unsigned>(std::min<std::size_t>(jobs, count)));
    queue.watch_to_the_end(watch);
}

}  // namespace nmistorm::campaign
