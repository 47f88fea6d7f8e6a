// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/fd.h"

namespace nmistorm::test {

using Words = std::vector<std::string>;

/// Where stdout or stderr of a program goes.
struct Stream {
    enum class To { test, file, broken_pipe, nowhere };  ///< nowhere: it is closed
    To to = To::test;
    std::string file = {};  ///< an existing one, as a device
};

struct Setup {
    std::string program = NMISTORM_BINARY;
    Stream out = {};
    Stream err = {};
    Words environment = {};  ///< NAME=value, beside the test's own
    /// What the program sees of /dev/kvm (preload.cpp); empty: the real one.
    std::string kvm = {};
    /// Shell commands that set up what the program inherits, as "ulimit -n 5"; the shell becomes the program.
    std::string shell = {};
    bool signals_blocked = false;  ///< it inherits a mask that blocks all of them
};

/// For tests that must not depend on a KVM: there is none.
inline const std::string no_kvm = "open=2";  // ENOENT

/// How a program ended and what it printed.
struct Ended {
    int code = -1;   ///< -1 where a signal ended it
    int signal = 0;  ///< which one
    std::string out;
    std::string err;
};

/// A program under test. If it does not end in time, the test fails and the program is killed.
class Program {
  public:
    explicit Program(const Words& words, const Setup& setup = {});
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    /// Waits until its stderr contains @p text; false if the program ended without that.
    bool await_stderr(const std::string& text);
    /// Waits until it has a thread with this name; false if the program ended without one.
    bool await_thread(const std::string& name);
    /// Waits until it has this file open; false if the program ended without that.
    bool await_open(const std::string& path);
    /// Waits until its main thread blocks in a write to descriptor @p fd; false if the program ended.
    bool await_blocked_write(int fd);
    void send(int signal) const;
    /// Waits until it has received the signal; false if the program ended without that.
    bool await_taken();
    /// Sends the signal repeatedly until the program has ended.
    Ended send_until_it_ends(int signal);
    Ended wait();

  private:
    void read_or_end(std::chrono::milliseconds longest = std::chrono::hours(1));
    template <typename Condition>
    bool await(Condition condition);
    [[nodiscard]] bool has_thread(const std::string& name) const;
    [[nodiscard]] bool has_open(const std::string& path) const;
    void kill_late() const;

    pid_t pid_ = -1;
    Fd process_;
    Fd out_;
    Fd err_;
    bool running_ = true;
    Ended ended_;
    std::chrono::steady_clock::time_point deadline_;
};

inline Ended run(const Words& words, const Setup& setup = {}) {
    return Program(words, setup).wait();
}

/// The program said in one sentence on stderr that contains @p says what is wrong, nothing on stdout, and
/// ended with @p code.
void expect_error(const Ended& ended, int code, const std::string& says);

}  // namespace nmistorm::test
