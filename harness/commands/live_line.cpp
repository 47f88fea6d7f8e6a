// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/live_line.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "base/thread.h"
#include "commands/console.h"

namespace nmistorm::commands {
namespace {

constexpr auto patience = std::chrono::seconds(2);  // with a stderr that accepts nothing

/// Bypasses stdio, whose lock would block other writers to stderr while this one waits. A failure is ignored,
/// since there is nowhere to report it.
void write_through(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return;
        }
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

bool wanted(const cli::Output& output) {
    return output.progress == cli::ShowProgress::always ||
           (output.progress == cli::ShowProgress::automatic && !output.quiet &&
            takes_control_sequences(STDERR_FILENO));
}

}  // namespace

class LiveLine::Writer {
  public:
    void show(std::string line) {
        const std::lock_guard lock(mutex_);
        line_ = std::move(line);
        changed_.notify_all();
    }

    /// Clears the line. Returns false if stderr accepted nothing for so long that it is given up.
    bool end() {
        std::unique_lock lock(mutex_);
        state_ = State::ending;
        changed_.notify_all();
        if (!changed_.wait_for(lock, patience, [this] { return state_ == State::ended; })) {
            state_ = State::given_up;
        }
        return state_ == State::ended;
    }

    /// The thread's function.
    void run() {
        bool drawn = false;
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return line_ || state_ != State::showing; });
            if (state_ != State::showing) {
                break;
            }
            const std::string text = "\r" + *std::exchange(line_, std::nullopt) + "\x1b[K";
            lock.unlock();
            write_through(text);
            lock.lock();
            drawn = true;
        }
        if (drawn && state_ == State::ending) {
            lock.unlock();
            write_through("\r\x1b[K");
            lock.lock();
        }
        state_ = State::ended;
        changed_.notify_all();
    }

  private:
    enum class State { showing, ending, ended, given_up };

    std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::showing;
    std::optional<std::string> line_;  ///< the next line to show
};

LiveLine::LiveLine(const cli::Output& output) {
    if (wanted(output)) {
        writer_ = std::make_shared<Writer>();
        thread_ = start_thread("live line", [writer = writer_] { writer->run(); });
    }
}

LiveLine::~LiveLine() {
    if (!writer_) {
        return;
    }
    if (writer_->end()) {
        thread_.join();
    } else {
        thread_.detach();  // it ends with the process, or when stderr takes something again
    }
}

void LiveLine::show(std::string line) {
    if (writer_) {
        writer_->show(std::move(line));
    }
}

}  // namespace nmistorm::commands
