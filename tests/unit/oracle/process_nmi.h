// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <compare>
#include <vector>

namespace nmistorm::oracle {

/// The parts of KVM and of a guest's NMI path that concern NMIs: a transcription of kvm_inject_nmi(),
/// process_nmi() and kvm_check_and_inject_events() in arch/x86/kvm/x86.c, and of what VMX and SVM do below
/// them. Each step may be the last before the vCPU returns to user space.
struct NmiModel {
    enum class Below { vmx, svm, svm_with_vnmi };
    /// Where the guest is in its NMI path.
    enum class Guest { elsewhere, before_entries, handling, before_iret };

    unsigned queued = 0;
    unsigned pending = 0;
    bool injected = false;
    bool masked = false;
    bool vnmi_pending = false;  ///< with vNMI: an NMI that hardware delivers, and that is not in `pending`
    Guest guest = Guest::elsewhere;

    auto operator<=>(const NmiModel&) const = default;

    /// KVM_NMI, so many times. More than three in a row have the same effect as three.
    void queue(unsigned nmis) { queued = std::min(queued + nmis, 3U); }

    /// process_nmi().
    void process(Below below) {
        unsigned limit = masked || injected ? 1 : 2;
        if (vnmi_pending) {
            --limit;
        }
        pending = std::min(pending + queued, limit);
        queued = 0;
        if (below == Below::svm_with_vnmi && pending > 0 && !vnmi_pending) {
            vnmi_pending = true;
            --pending;
        }
    }

    /// The next states. KVM enters the guest only after it has processed and injected everything that it can.
    [[nodiscard]] std::vector<NmiModel> next(Below below) const {
        if (queued > 0) {
            return {with([&](NmiModel& next) { next.process(below); })};
        }
        if (pending > 0 && !injected && !masked) {
            return {with([&](NmiModel& next) {
                --next.pending;
                next.injected = true;
                next.masked = below == Below::svm;  // svm_inject_nmi(); else the CPU masks at the delivery
            })};
        }
        if (injected) {  // an exit before the delivery changes nothing, and KVM injects again
            return {with([](NmiModel& next) {
                next.injected = false;
                next.deliver();
            })};
        }
        return run(below);
    }

    /// NMIs that the guest will still count if no more are queued.
    [[nodiscard]] unsigned outstanding(Below below) const {
        NmiModel now = *this;
        now.process(below);
        return now.pending + (now.injected ? 1 : 0) + (now.vnmi_pending ? 1 : 0) +
               (guest == Guest::before_entries ? 1 : 0);
    }

  private:
    template <typename Change>
    [[nodiscard]] NmiModel with(Change change) const {
        NmiModel next = *this;
        change(next);
        return next;
    }

    void deliver() {
        masked = true;
        guest = Guest::before_entries;
    }

    [[nodiscard]] std::vector<NmiModel> run(Below below) const {
        std::vector<NmiModel> all;
        if (vnmi_pending && !masked) {
            all.push_back(with([](NmiModel& next) {
                next.vnmi_pending = false;
                next.deliver();
            }));
            all.push_back(with([](NmiModel& next) {  // the delivery faulted, so KVM injects again
                next.vnmi_pending = false;
                next.injected = true;
            }));
            return all;
        }
        switch (guest) {
            case Guest::elsewhere:
                if (masked) {  // SVM without vNMI detects IRET at an exit after it
                    all.push_back(with([](NmiModel& next) { next.masked = false; }));
                }
                break;
            case Guest::before_entries:
                all.push_back(with([](NmiModel& next) { next.guest = Guest::handling; }));
                break;
            case Guest::handling:
                all.push_back(with([](NmiModel& next) { next.guest = Guest::before_iret; }));
                break;
            case Guest::before_iret:
                all.push_back(with([&](NmiModel& next) {
                    next.guest = Guest::elsewhere;
                    next.masked = below == Below::svm;
                }));
                break;
        }
        return all;
    }
};

}  // namespace nmistorm::oracle
