// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::test {
namespace {

constexpr auto patience = std::chrono::seconds(120);

void check(int error, const char* what) {
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), what);
    }
}

std::pair<Fd, Fd> make_pipe() {
    int ends[2];
    check(pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
    return {Fd(ends[0]), Fd(ends[1])};
}

class FileActions {
  public:
    FileActions() {
        check(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
        check(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0), "addopen");
    }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

    /// Returns the end to read from, if there is one.
    Fd lead(int fd, const Stream& stream) {
        if (stream.to == Stream::To::nowhere) {
            check(posix_spawn_file_actions_addclose(&actions_, fd), "addclose");
            return {};
        }
        if (stream.to == Stream::To::file) {
            check(
                posix_spawn_file_actions_addopen(&actions_, fd, stream.file.c_str(), O_WRONLY | O_NOCTTY, 0),
                "addopen");
            return {};
        }
        auto [reader, writer] = make_pipe();
        check(posix_spawn_file_actions_adddup2(&actions_, writer.get(), fd), "adddup2");
        writers_.push_back(std::move(writer));
        return stream.to == Stream::To::test ? std::move(reader) : Fd{};
    }
    /// What else the test's own parent has left open is closed, so that the program's limits are its own.
    void close_the_rest() {
        check(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1), "addclosefrom");
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
    std::vector<Fd> writers_;  ///< of the parent; closed with this object
};

/// Sets signals as a shell does, even if the test's parent ignores some; or blocks all of them.
class Attributes {
  public:
    explicit Attributes(bool blocked) {
        check(posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
        sigset_t set;
        if (blocked) {
            sigfillset(&set);
        } else {
            sigemptyset(&set);
        }
        posix_spawnattr_setsigmask(&attributes_, &set);
        sigemptyset(&set);
        for (const int signal :
             {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGXFSZ}) {
            sigaddset(&set, signal);
        }
        posix_spawnattr_setsigdefault(&attributes_, &set);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }
    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

Words environment_of(const Setup& setup) {
    Words all = setup.environment;
    if (!setup.kvm.empty()) {
        all.push_back("LD_PRELOAD=" NMISTORM_PRELOAD);
        all.push_back("NMISTORM_TEST_KVM=" + setup.kvm);
    }
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string inherited = *each;
        const std::string name = inherited.substr(0, inherited.find('=') + 1);
        if (std::ranges::none_of(all, [&name](const std::string& own) { return own.starts_with(name); })) {
            all.push_back(inherited);
        }
    }
    return all;
}

std::vector<char*> pointers(Words& words) {
    std::vector<char*> all;
    for (std::string& word : words) {
        all.push_back(word.data());
    }
    all.push_back(nullptr);
    return all;
}

/// Appends what can be read to @p text; closes @p fd at the end of the file.
void read_some(Fd& fd, std::string& text) {
    std::array<char, 4096> bytes{};
    const ssize_t got = read(fd.get(), bytes.data(), bytes.size());
    if (got > 0) {
        text.append(bytes.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
        fd = Fd();
    }
}

}  // namespace

Program::Program(const Words& words, const Setup& setup)
    : deadline_(std::chrono::steady_clock::now() + patience) {
    FileActions actions;
    out_ = actions.lead(STDOUT_FILENO, setup.out);
    err_ = actions.lead(STDERR_FILENO, setup.err);
    actions.close_the_rest();
    Words arguments = words;
    arguments.insert(arguments.begin(), setup.program);
    std::string program = setup.program;
    if (!setup.shell.empty()) {
        program = "/bin/sh";
        arguments.insert(arguments.begin(), {program, "-c", setup.shell + R"(; exec "$0" "$@")"});
    }
    Words environment = environment_of(setup);
    check(posix_spawn(&pid_, program.c_str(), actions.get(), Attributes(setup.signals_blocked).get(),
                      pointers(arguments).data(), pointers(environment).data()),
          program.c_str());
    process_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));  // <sys/pidfd.h> 2.36 is for C alone
    check(process_ ? 0 : errno, "pidfd_open");
}

Program::~Program() {
    if (running_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
}

bool Program::await_stderr(const std::string& text) {
    while (ended_.err.find(text) == std::string::npos) {
        if (!running_) {
            return false;
        }
        read_or_end();
    }
    return true;
}

/// What can be found only by polling.
template <typename Condition>
bool Program::await(Condition condition) {
    while (!condition()) {
        if (!running_) {
            return false;
        }
        read_or_end(std::chrono::milliseconds(10));
    }
    return true;
}

bool Program::await_thread(const std::string& name) {
    return await([this, &name] { return has_thread(name); });
}

bool Program::await_open(const std::string& path) {
    return await([this, &path] { return has_open(path); });
}

bool Program::has_thread(const std::string& name) const {
    namespace fs = std::filesystem;
    std::error_code ended;
    for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(pid_) + "/task", ended)) {
        std::string called;
        std::getline(std::ifstream(thread.path() / "comm"), called);
        if (called == name) {
            return true;
        }
    }
    return false;
}

bool Program::await_blocked_write(int fd) {
    // proc(5): the system call in which it sleeps, and its arguments.
    const std::string call = std::to_string(SYS_write) + " 0x" + std::to_string(fd) + " ";
    return await([this, &call] {
        std::string now;
        std::getline(std::ifstream("/proc/" + std::to_string(pid_) + "/syscall"), now);
        return now.starts_with(call);
    });
}

bool Program::await_taken() {
    return await([this] {
        std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
        std::string line;
        while (std::getline(status, line) && !line.starts_with("ShdPnd:")) {
        }
        return line.starts_with("ShdPnd:") && line.find_first_of("123456789abcdef", 7) == std::string::npos;
    });
}

bool Program::has_open(const std::string& path) const {
    namespace fs = std::filesystem;
    std::error_code ended;
    for (const auto& fd : fs::directory_iterator("/proc/" + std::to_string(pid_) + "/fd", ended)) {
        if (fs::read_symlink(fd.path(), ended) == path) {
            return true;
        }
    }
    return false;
}

void Program::send(int signal) const {
    kill(pid_, signal);
}

Ended Program::send_until_it_ends(int signal) {
    while (running_) {
        send(signal);
        read_or_end(std::chrono::milliseconds(50));
    }
    return wait();
}

Ended Program::wait() {
    while (running_) {
        read_or_end();
    }
    for (auto [fd, text] : {std::pair(&out_, &ended_.out), {&err_, &ended_.err}}) {
        while (*fd) {
            read_some(*fd, *text);
        }
    }
    return ended_;
}

/// Waits for something to read, or for the end, or for @p longest.
void Program::read_or_end(std::chrono::milliseconds longest) {
    pollfd watched[] = {
        {out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {process_.get(), POLLIN, 0}};  // -1 is passed over
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
        kill_late();
    } else if (poll(watched, std::size(watched), static_cast<int>(std::min(left, longest).count())) <= 0) {
        return;
    }
    if (watched[0].revents != 0) {
        read_some(out_, ended_.out);
    }
    if (watched[1].revents != 0) {
        read_some(err_, ended_.err);
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
        running_ = false;
        ended_.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        ended_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
}

void Program::kill_late() const {
    ADD_FAILURE() << "still running after " << patience.count() << " s; stderr: " << ended_.err;
    kill(pid_, SIGKILL);
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
}

void expect_error(const Ended& ended, int code, const std::string& says) {
    EXPECT_EQ(ended.signal, 0);
    EXPECT_EQ(ended.code, code);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, testing::StartsWith("nmistorm: "));
    EXPECT_THAT(ended.err, testing::HasSubstr(says));
    EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << "one line: " << ended.err;
    EXPECT_EQ(ended.err.find(". "), std::string::npos) << "one sentence: " << ended.err;
}

}  // namespace nmistorm::test
