// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <exception>
#include <thread>

#include "base/cpus.h"
#include "base/error.h"
#include "base/thread.h"
#include "bench/injection.h"
#include "machine/kick_signal.h"
#include "sources/nmi_source.h"

namespace nmistorm::bench {
namespace {

class Floor final : public Injection {
  public:
    Floor(const kvm::System& system, const image::Image& image, const plan::BenchPlan& plan,
          const Target& target)
        : Injection(system, image, plan, target),
          sources_(sources::make_sources({target.source}, guest())),
          source_(*sources_.made.front().source),
          any_thread_(source_.from_any_thread()) {
        machine::install_kick_handler();
        try {
            for (unsigned cpu = 0; cpu < runs_.size(); ++cpu) {
                runs_[cpu].thread = start_thread(fmt::format("floor {}", cpu), [this, cpu] { run(cpu); });
                if (pinned()) {
                    pin(runs_[cpu].thread.native_handle(), cpu);
                }
            }
            begin([this] { stop(0); });
        } catch (...) {
            end();
            throw;
        }
    }
    ~Floor() override { end(); }

    void request() override {
        if (any_thread_ != nullptr) {
            any_thread_->make_nmi(vcpu);
        } else {
            wanted_.store(true);
            kick(vcpu);
        }
    }
    [[nodiscard]] bool taken() const override { return !wanted_.load() && source_.under_way(vcpu) == 0; }
    void check() override {
        for (const Run& run : runs_) {
            if (run.failed.load()) {
                std::rethrow_exception(run.error);
            }
        }
    }

  private:
    struct Run {
        std::thread thread;
        std::atomic<bool> stop = false;
        std::atomic<bool> failed = false;
        std::exception_ptr error;
    };

    void run(unsigned cpu) {
        Run& mine = runs_[cpu];
        try {
            kvm::Vcpu& here = guest().vm().vcpus()[cpu];
            const machine::KickedVcpu kicked(here);
            machine::unblock_kick();
            while (!mine.stop.load()) {
                here.clear_kick();
                if (cpu == vcpu && wanted_.load()) {
                    source_.make_nmi(vcpu, here);
                    wanted_.store(false);
                }
                if (!mine.stop.load() && here.run()) {
                    throw Error("a vCPU stopped with " + kvm::exit_name(here.state().exit_reason));
                }
            }
        } catch (...) {
            mine.error = std::current_exception();
            mine.failed.store(true);
        }
    }

    void kick(unsigned cpu) {
        guest().vm().vcpus()[cpu].kick();
        pthread_kill(runs_[cpu].thread.native_handle(), machine::kick_signal);
    }

    void stop(unsigned cpu) {
        Run& run = runs_[cpu];
        if (run.thread.joinable()) {
            run.stop.store(true);
            kick(cpu);
            run.thread.join();
        }
    }

    void end() {
        for (unsigned cpu = 0; cpu < runs_.size(); ++cpu) {
            stop(cpu);
        }
    }

    sources::Sources sources_;
    sources::NmiSource& source_;
    sources::AnyThreadSource* const any_thread_;
    std::atomic<bool> wanted_ = false;
    std::array<Run, 2> runs_;
};

}  // namespace

std::unique_ptr<Injection> make_floor(const kvm::System& system, const image::Image& image,
                                      const plan::BenchPlan& plan, const Target& target) {
    return std::make_unique<Floor>(system, image, plan, target);
}

}  // namespace nmistorm::bench
