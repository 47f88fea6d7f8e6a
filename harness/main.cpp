// SPDX-License-Identifier: GPL-2.0-or-later
// Wiring only: the one place that names every source, driver and report.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "cli/command_line.h"
#include "cli/shown.h"
#include "doctor/runs_guests.h"
#include "drive/storm.h"
#include "image/embedded.h"
#include "kvm/system.h"
#include "plan/names.h"
#include "report/json.h"
#include "report/output_file.h"
#include "report/terminal.h"

namespace {

using namespace nmistorm;

constexpr std::size_t live_width = 79;  // of any terminal; asking would take an ioctl

constexpr int exit_usage = 2;
constexpr int exit_harness_failed = 3;
constexpr int exit_host_cannot = 77;

volatile std::sig_atomic_t interrupted = 0;

/// A standard stream that is closed stays so, but its number is taken: else the next file opened, be it
/// a report or KVM, would get it and all that is printed.
void keep_standard_numbers() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) {
            [[maybe_unused]] const int same = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/// To stdout, whose failure is an error as with any other output.
void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw_errno("cannot write to stdout", errno);
    }
}

/// To stderr; where that fails there is nobody left to tell.
void tell(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

/// SIGINT and SIGTERM end the run, which is then judged and reported. Further ones change nothing: CI
/// runners send several, and the watchdog sees to it that the end comes.
void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

image::Image load_image(const plan::RunPlan& plan) {
    if (plan.guest_file) {
        image::Image image = image::Image::from_file(*plan.guest_file);
        const plan::Arch arch =
            image.machine() == image::Machine::i386 ? plan::Arch::i386 : plan::Arch::x86_64;
        if (arch != plan.arch) {
            throw UsageError(fmt::format("{}: built for {}, but the run is one of {}: use --arch {}",
                                         image.name(), plan::name(arch), plan::name(plan.arch),
                                         plan::name(arch)));
        }
        return image;
    }
    std::string fault(plan::name(plan.fault));
    std::ranges::replace(fault, '-', '_');
    return image::embedded(fmt::format("guest_{}_{}", plan::name(plan.arch), fault));
}

/// The live line on stderr; rewritten in place.
class LiveLine {
  public:
    explicit LiveLine(bool shown) : shown_(shown) {}
    ~LiveLine() { clear(); }
    LiveLine(const LiveLine&) = delete;
    LiveLine& operator=(const LiveLine&) = delete;

    void show(const drive::StormStatus& status) {
        if (!shown_) {
            return;
        }
        const double seconds = status.elapsed_s - last_.elapsed_s;
        const double rate = seconds > 0 ? static_cast<double>(status.handled - last_.handled) / seconds : 0;
        last_ = status;
        tell(fmt::format("\r{}\x1b[K", report::live_line({.elapsed_s = status.elapsed_s,
                                                          .nmis_per_s = rate,
                                                          .handled = status.handled,
                                                          .swaps = status.swaps,
                                                          .grace_periods = status.grace_periods,
                                                          .overlaps = status.overlaps,
                                                          .findings = status.findings},
                                                         live_width)));
        drawn_ = true;
    }
    void clear() {
        if (drawn_) {
            tell("\r\x1b[K");
            drawn_ = false;
        }
    }

  private:
    bool shown_;
    bool drawn_ = false;
    drive::StormStatus last_;
};

bool show_live_line(const cli::StormCommand& command) {
    return command.progress == cli::Progress::always ||
           (command.progress == cli::Progress::automatic && !command.quiet && isatty(STDERR_FILENO) == 1);
}

std::string kernel_release() {
    utsname names{};
    return uname(&names) == 0 ? names.release : "unknown";
}

report::RunReport make_report(const cli::StormCommand& command, const image::Image& image,
                              drive::StormResult result) {
    for (oracle::Finding& finding : result.findings) {
        if (finding.at) {
            finding.where = image.describe(*finding.at);
        }
    }
    std::vector<report::ProfileLine> profile;
    if (command.plan.profile) {
        profile = report::by_symbol(result.profile.by_instruction(),
                                    [&image](GuestVirt ip) { return image.symbol(ip); });
    }
    return {.command = "storm",
            .reproduce = command.reproduce,
            .kvm_backend = kvm::backend(),
            .kernel = kernel_release(),
            .image = command.plan.guest_file.value_or("embedded"),
            .image_fault = image.fault(),
            .observation = std::move(result.observation),
            .tally = result.tally,
            .findings = std::move(result.findings),
            .profile = std::move(profile),
            .duration_s = result.duration_s,
            .tsc_khz = result.tsc_khz,
            .interrupted = result.interrupted};
}

void show_summary(const cli::StormCommand& command, const report::RunReport& report) {
    if (command.quiet) {
        return;
    }
    // With --json - stdout is data: the summary goes where people look.
    if (command.json == "-") {
        tell(report::summary(report, isatty(STDERR_FILENO) == 1));
    } else {
        print(report::summary(report, isatty(STDOUT_FILENO) == 1));
    }
}

int run(const cli::StormCommand& command) {
    // Everything that can be wrong with the request shows before the run, not after it.
    const image::Image image = load_image(command.plan);
    catch_interrupts();  // before there is a temporary file to leave behind
    std::optional<report::OutputFile> json;
    if (command.json) {
        json.emplace(*command.json);
    }
    const kvm::System system = kvm::System::open();
    if (image.machine() == image::Machine::i386) {
        doctor::require_runs(system, image::embedded("guest_i386_none"));
    }

    LiveLine live(show_live_line(command));
    drive::StormResult result =
        drive::storm(command.plan, image, system,
                     {.status = [&live](const drive::StormStatus& status) { live.show(status); },
                      .interrupted = [] { return interrupted != 0; }});
    live.clear();

    const report::RunReport report = make_report(command, image, std::move(result));
    // A full disk must not cost the verdict, nor a closed pipe the file.
    std::exception_ptr unwritten;
    if (json) {
        try {
            json->write(report::json_text(report));
            json->commit();
        } catch (const Error&) {
            unwritten = std::current_exception();
        }
    }
    show_summary(command, report);
    if (unwritten) {
        std::rethrow_exception(unwritten);
    }
    return report::exit_code(report);
}

int run(const cli::Answer& answer) {
    print(answer.text);
    return 0;
}

int fail(int code, const std::exception& error) {
    tell(fmt::format("nmistorm: {}\n", cli::printable(error.what())));  // one line, whatever a file is called
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_numbers();
    signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error like any other
    try {
        return std::visit([](const auto& command) { return run(command); }, cli::parse(argc, argv));
    } catch (const UsageError& error) {
        return fail(exit_usage, error);
    } catch (const HostCannot& error) {
        return fail(exit_host_cannot, error);
    } catch (const std::exception& error) {
        return fail(exit_harness_failed, error);
    }
}
