// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/conform.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "conform/lab.h"

namespace nmistorm::conform {
namespace {

/// The labs, one at a time.
class Labs {
  public:
    explicit Labs(const kvm::System& system) : system_(system) {}

    /// The one for @p of. Throws HostCannot, each time again, where there can be none.
    Lab& lab(const Case& of) {
        const std::pair kind(of.arch, of.irqchip);
        if (kind_ != kind) {
            count();
            lab_.reset();
            kind_ = kind;
            try {
                lab_ = std::make_unique<Lab>(system_, of.arch, of.irqchip);
            } catch (const HostCannot& cannot) {
                why_not_ = cannot.what();
            }
        }
        if (!lab_) {
            throw HostCannot(why_not_);
        }
        return *lab_;
    }

    /// VMs that were made.
    unsigned count() {
        vms_ += lab_ ? lab_->vms() : 0;
        lab_.reset();
        return vms_;
    }

  private:
    const kvm::System& system_;
    std::optional<std::pair<plan::Arch, kvm::Irqchip>> kind_;
    std::unique_ptr<Lab> lab_;
    std::string why_not_;
    unsigned vms_ = 0;
};

/// What is seen of @p of. An ioctl that fails where none may is the death of its vCPU, and @p failed says
/// which.
model::Trace run_in(Lab& lab, const Case& of, std::string& failed) {
    try {
        return lab.run(scenario_of(of));
    } catch (const HostCannot&) {
        throw;
    } catch (const Error& error) {
        failed = error.what();
        return {{.kind = model::Event::Kind::died}};
    }
}

Judged run(Labs& labs, const Case& of, const std::vector<Deviation>& known) {
    try {
        Lab& lab = labs.lab(of);
        std::string failed;
        const model::Trace seen = run_in(lab, of, failed);
        Judged judged = judge(of, seen, known);
        judged.says = failed.empty() ? lab.death() : failed;
        if (judged.result == Result::deviation) {
            lab.discard();
        }
        return judged;
    } catch (const HostCannot& cannot) {
        return {.of = of, .result = Result::unsupported, .says = cannot.what()};
    }
}

}  // namespace

Results conform(const kvm::System& system, const std::vector<Case>& cases,
                const std::vector<Deviation>& known, const Watch& watch) {
    const auto begin = Clock::now();
    Results results{.known = known};
    Labs labs(system);
    for (const Case& of : cases) {
        if (watch.interrupted()) {
            results.interrupted = true;
            break;
        }
        results.cases.push_back(run(labs, of, known));
        watch.status(results.cases.size(), cases.size());
    }
    results.vms = labs.count();
    results.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return results;
}

}  // namespace nmistorm::conform
