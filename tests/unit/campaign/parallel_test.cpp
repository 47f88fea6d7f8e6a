// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/parallel.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.h"

namespace {

/// How many more threads this program may start.
std::atomic<int> threads_left = 1'000'000;

}  // namespace

// Overrides the library's function.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
    if (threads_left.fetch_sub(1) <= 0) {
        return EAGAIN;
    }
    static const auto next = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
    return next(thread, attributes, start, argument);
}

namespace nmistorm::campaign {
namespace {

const auto nobody = [] {};

TEST(Parallel, does_each_once) {
    for (const unsigned jobs : {1U, 2U, 7U, 200U}) {
        std::vector<std::atomic<int>> done(100);
        parallel(
            jobs, done.size(), [&done](std::size_t n) { ++done[n]; }, nobody);
        EXPECT_TRUE(std::ranges::all_of(done, [](const auto& times) { return times == 1; })) << jobs;
    }
}

TEST(Parallel, with_one_job_keeps_the_order) {
    std::vector<std::size_t> order;
    parallel(
        1, 50, [&order](std::size_t n) { order.push_back(n); }, nobody);
    EXPECT_EQ(order.size(), 50U);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Parallel, runs_as_many_at_a_time_as_asked_for) {
    // None ends before all have begun, so with fewer threads this would never return.
    std::latch all(4);
    parallel(
        4, 4, [&all](std::size_t) { all.arrive_and_wait(); }, nobody);
}

TEST(Parallel, never_runs_more_at_a_time_than_asked_for) {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    parallel(
        3, 100,
        [&](std::size_t) {
            const std::lock_guard lock(mutex);
            threads.insert(std::this_thread::get_id());
        },
        nobody);
    EXPECT_LE(threads.size(), 3U);
}

TEST(Parallel, watches_on_the_calling_thread_while_it_works) {
    // The work ends only after it was watched.
    std::atomic<bool> watched = false;
    std::thread::id watcher;
    parallel(
        1, 1, [&watched](std::size_t) { watched.wait(false); },
        [&] {
            watcher = std::this_thread::get_id();
            watched = true;
            watched.notify_all();
        });
    EXPECT_EQ(watcher, std::this_thread::get_id());
}

TEST(Parallel, throws_what_was_thrown_and_begins_nothing_after_it) {
    std::vector<std::size_t> begun;
    const auto work = [&begun](std::size_t n) {
        begun.push_back(n);
        if (n == 2) {
            throw std::runtime_error("two");
        }
    };
    EXPECT_THROW(parallel(1, 10, work, nobody), std::runtime_error);
    EXPECT_EQ(begun, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Parallel, begins_nothing_where_it_cannot_have_all_its_threads) {
    threads_left = 3;
    std::atomic<int> begun = 0;
    EXPECT_THROW(parallel(
                     5, 100, [&begun](std::size_t) { ++begun; }, nobody),
                 Error);
    threads_left = 1'000'000;
    EXPECT_EQ(begun, 0);
}

TEST(Parallel, begins_nothing_more_once_watching_fails) {
    std::atomic<int> begun = 0;
    std::atomic<bool> watched = false;
    const auto work = [&](std::size_t) {
        ++begun;
        watched.wait(false);
    };
    const auto fails = [&watched] {
        watched = true;
        watched.notify_all();
        throw std::runtime_error("watching");
    };
    EXPECT_THROW(parallel(1, 1'000'000'000, work, fails), std::runtime_error);
    EXPECT_LT(begun, 1'000'000'000);
}

TEST(Parallel, of_nothing_returns_at_once) {
    parallel(
        2, 0, [](std::size_t) { FAIL(); }, [] { FAIL(); });
}

}  // namespace
}  // namespace nmistorm::campaign
