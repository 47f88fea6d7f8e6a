// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "guests/abi/abi_vm.h"
#include "guests/abi/counter_reader.h"
#include "guests/abi/event_facts.h"
#include "guests/abi/merge.h"
#include "guests/abi/profile.h"
#include "guests/abi/ring_reader.h"
#include "guests/guest.h"

namespace nmistorm::guests {

/// A guest of our ABI. Its vCPUs count in their CpuPages and write events to rings; the events of all of
/// them, merged into their one order, are its facts.
class AbiGuest final : public Guest {
  public:
    explicit AbiGuest(std::shared_ptr<AbiVm> vm);
    /// Throws as AbiVm does.
    AbiGuest(const kvm::System& system, const image::Image& image, const AbiParameters& parameters)
        : AbiGuest(std::make_shared<AbiVm>(system, image, parameters)) {}

    [[nodiscard]] machine::GuestVm& vm() override { return vm_->vm(); }

    [[nodiscard]] bool online(unsigned cpu) const override;
    [[nodiscard]] oracle::NmiCounts nmis(unsigned cpu) const override;
    [[nodiscard]] Work work() const override;
    [[nodiscard]] bool must_wait(unsigned cpu) const override;
    [[nodiscard]] bool sends_ipis() const override { return vm_->sends_ipis(); }
    [[nodiscard]] std::uint32_t ipis_under_way(unsigned cpu) const override;
    void want_ipi(unsigned cpu) override;
    void ask_to_finish() override { vm_->ask_to_finish(); }
    [[nodiscard]] bool finished() const override;

    void tell(Output output) override;
    void read_facts() override;
    void read_counters() override;
    void finish() override;

    [[nodiscard]] const oracle::Counters& counters(unsigned cpu) const override {
        return counters_[cpu].counters();
    }
    [[nodiscard]] const std::vector<std::string>& malformed() const override { return malformed_; }
    [[nodiscard]] std::uint64_t events_lost() const override { return merge_.lost(); }
    [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& samples() const override {
        return profile_.by_instruction();
    }
    [[nodiscard]] std::uint64_t samples_lost() const override;
    [[nodiscard]] oracle::FatalExit fatal_exit(unsigned cpu, const machine::Exit& exit,
                                               GuestVirt ip) const override;

    // Of this kind of guest only.
    [[nodiscard]] const AbiVm& abi_vm() const { return *vm_; }
    [[nodiscard]] EventReader& ring(unsigned cpu, abi::RingOf which) { return rings_[index(cpu, which)]; }

  private:
    static std::size_t index(unsigned cpu, abi::RingOf which) {
        return cpu * abi::rings_per_cpu + static_cast<unsigned>(which);
    }
    [[nodiscard]] unsigned vcpus() const { return vm_->layout().vcpus; }
    void read_ring(unsigned cpu, abi::RingOf which);
    void read_samples(unsigned cpu);
    void complain(std::string sentence);

    std::shared_ptr<AbiVm> vm_;
    std::vector<abi::CpuPage*> pages_;
    std::vector<std::atomic<std::uint32_t>> ipis_wanted_;  ///< by vCPU
    std::vector<EventReader> rings_;
    std::vector<SampleReader> sample_rings_;
    std::vector<CounterReader> counters_;
    Output output_;
    EventFacts facts_;
    Merge merge_;
    Profile profile_;
    std::vector<std::string> malformed_;
    std::vector<abi::Event> events_;      ///< of one read_ring()
    std::vector<std::uint32_t> samples_;  ///< of one read_samples()
};

}  // namespace nmistorm::guests
