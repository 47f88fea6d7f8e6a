// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine.h"

namespace nmistorm::machine {

Machine::Machine(const kvm::System& system, const image::Image& image, const GuestParameters& parameters,
                 RunHook& hook)
    : guest_(system, image, parameters), hotplug_(parameters.hotplug) {
    for (unsigned cpu = 0; cpu < parameters.vcpus; ++cpu) {
        threads_.push_back(std::make_unique<VcpuThread>(cpu, std::move(guest_.vcpus()[cpu]), hook));

        auto& page = memory().at<abi::CpuPage>(layout().cpu_page(cpu));
        cpu_pages_.push_back(&page);
        for (const auto which : {abi::RingOf::task, abi::RingOf::nmi}) {
            rings_.emplace_back(page.rings[static_cast<unsigned>(which)],
                                memory().array<abi::Event>(layout().ring(cpu, which), layout().ring_events));
        }
        samples_.emplace_back(page.samples,
                              memory().array<std::uint32_t>(layout().samples_of(cpu), Layout::sample_slots));
    }
}

Machine::~Machine() {
    stop();
}

void Machine::start() {
    for (unsigned cpu = 0; cpu < vcpus() - (hotplug_ ? 1 : 0); ++cpu) {
        threads_[cpu]->start();
    }
}

void Machine::start_last() {
    threads_.back()->start();
}

void Machine::stop() {
    for (auto& thread : threads_) {
        thread->stop();
    }
    for (auto& thread : threads_) {
        thread->join();
    }
}

EventReader& Machine::ring(unsigned cpu, abi::RingOf which) {
    return rings_[cpu * abi::rings_per_cpu + static_cast<unsigned>(which)];
}

void Machine::ask_to_finish() const {
    store(memory().at<abi::Boot>(layout().boot).stop, 1U);
}

}  // namespace nmistorm::machine
