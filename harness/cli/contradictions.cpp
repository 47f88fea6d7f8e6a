// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/contradictions.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/whole_name.h"
#include "plan/names.h"

namespace nmistorm::cli {
namespace {

/// A flag that names a file to write, and that file.
using AskedFile = std::pair<const char*, std::string>;

/// Such as /dev/null, to which several may write.
bool is_device(const std::string& file) {
    std::error_code failed;
    return std::filesystem::is_character_file(file, failed);
}

void refuse_one_file_for_two(const std::vector<AskedFile>& files) {
    for (auto one = files.begin(); one != files.end(); ++one) {
        const auto other = std::find_if(files.begin(), one, [&one](const AskedFile& before) {
            return one->second == "-" || before.second == "-"
                       ? one->second == before.second
                       : whole_name(one->second) == whole_name(before.second) && !is_device(one->second);
        });
        if (other != one) {
            throw UsageError(
                one->second == "-"
                    ? fmt::format("--{} and --{} both write to stdout; name a file for one of them",
                                  other->first, one->first)
                    : fmt::format("--{} and --{} both write '{}'; name a file for each", other->first,
                                  one->first, one->second));
        }
    }
}

void refuse_to_replace(const std::vector<std::string>& read, const std::vector<AskedFile>& written) {
    for (const std::string& file : read) {
        for (const auto& [flag, name] : written) {
            if (name != "-" && whole_name(name) == whole_name(file)) {
                throw UsageError(
                    fmt::format("--{} would replace '{}', which is read; name another file", flag, file));
            }
        }
    }
}

void refuse_files_in(const std::string& folder, const std::vector<AskedFile>& files) {
    for (const auto& [flag, name] : files) {
        if (name != "-" && std::filesystem::path(whole_name(name)).parent_path() == whole_name(folder)) {
            throw UsageError(fmt::format(
                "--{} names a file in the folder of --out, which nmistorm fills; name one elsewhere", flag));
        }
    }
}

/// @p more: what the command writes besides. @p read: the files that it reads.
void refuse_contradictions(
    const Output& output, std::initializer_list<std::pair<const char*, std::optional<std::string>>> more = {},
    const std::vector<std::string>& read = {}) {
    std::vector<AskedFile> files;
    const auto add = [&files](const char* flag, const std::optional<std::string>& file) {
        if (file) {
            files.emplace_back(flag, *file);
        }
    };
#define NMISTORM_OUTPUT(name, file, what) add(#name, output.name);
#include "cli/output.def"
    for (const auto& [flag, file] : more) {
        add(flag, file);
    }
    refuse_one_file_for_two(files);
    refuse_to_replace(read, files);
    if (output.out) {
        refuse_files_in(*output.out, files);
    }
    if (output.quiet && output.progress == ShowProgress::always) {
        throw UsageError("--quiet and --progress always contradict each other; leave one out");
    }
}

template <typename Plan>
void refuse_two_images(const Plan& plan) {
    const bool fault = plan.fault != abi::Fault::none;
    if (plan.guest_file && (fault || plan.guest_build)) {
        throw UsageError(
            fmt::format("--guest brings an image of its own and {} chooses an embedded one; leave one out",
                        fault ? "--fault" : "--guest-build"));
    }
}

void refuse_apics(const plan::RunPlan& plan) {
    // An ICR has 8 bits for the ID in xAPIC mode, of which 255 means all. So have KVM_GET_LAPIC and
    // KVM_SET_LAPIC in either mode, unless KVM_CAP_X2APIC_API changes that (kvm_apic_state_fixup() in
    // arch/x86/kvm/lapic.c).
    constexpr unsigned ids_of_8_bits = 255;
    const bool ipi = std::ranges::find(plan.sources, plan::Source::ipi) != plan.sources.end();
    const bool xapic = plan.apic == plan::Apic::xapic;
    if (xapic && !ipi) {
        throw UsageError("--apic is about the source ipi; add it to --source, or leave --apic out");
    }
    if (ipi && plan.vcpus > ids_of_8_bits && (xapic || plan.churn)) {
        throw UsageError(
            fmt::format("{} reaches 255 vCPUs at most; use --vcpus 255 or fewer, or leave out the source ipi",
                        xapic ? "--apic xapic" : "--churn with the source ipi"));
    }
}

}  // namespace

void refuse_contradictions(const StormCommand& command) {
    const plan::RunPlan& plan = command.plan;
    refuse_two_images(plan);
    if (plan.targets.kind == plan::Targets::Kind::others && plan.vcpus == 1) {
        throw UsageError("--targets others leaves no target with --vcpus 1; use --vcpus 2 or --targets all");
    }
    if (plan.targets.kind == plan::Targets::Kind::list && plan.targets.list.back() >= plan.vcpus) {
        throw UsageError(
            fmt::format("--targets names vCPU {}, but --vcpus {} has vCPUs 0 to {} only; change either",
                        plan.targets.list.back(), plan.vcpus, plan.vcpus - 1));
    }
    if (plan.nmis && command.shard.share_of(*plan.nmis) == 0) {
        throw UsageError(fmt::format("--shard {} gets none of {} NMIs; use --nmis {} or more",
                                     to_string(command.shard), *plan.nmis, command.shard.of));
    }
    if (plan.slice &&
        (plan.injector == plan::Injector::central || plan.pace.kind == plan::Pace::Kind::rate)) {
        throw UsageError(
            fmt::format("--slice says when a vCPU's own thread injects, which --{} decides; leave one out",
                        plan.injector == plan::Injector::central ? "injector central" : "pace rate=N"));
    }
    if (plan.until_covered && plan.injector == plan::Injector::central &&
        std::ranges::any_of(plan.sources, plan::by_any_thread)) {
        throw UsageError(
            "--until covered asks where NMIs arrive, which is not known of msi, irqfd and ipi with "
            "--injector central; leave out one of them");
    }
    if (plan.until_covered && plan.sources == std::vector{plan::Source::ipi}) {
        throw UsageError(
            "--until covered asks where NMIs arrive, which is not known of ipi; add another source, or leave "
            "out "
            "one of the two");
    }
    refuse_apics(plan);
    if (plan.hotplug && plan.vcpus == 1) {
        throw UsageError("--hotplug takes a vCPU beside the updater's; use --vcpus 2 or more");
    }
    if (plan.hotplug && plan.targets.kind == plan::Targets::Kind::list &&
        plan.targets.list.back() != plan.vcpus - 1) {
        throw UsageError(fmt::format(
            "--hotplug takes vCPU {} offline, from where only NMIs bring it back; add it to --targets",
            plan.vcpus - 1));
    }
    if (plan.profile && (plan.handlers & abi::handler_sampling) == 0) {
        throw UsageError("--profile needs the handler sampling; add it to --handlers, or leave one out");
    }
    refuse_contradictions(command.output, {{"facts", command.facts}, {"trace", command.trace}});
}

void refuse_contradictions(const MatrixCommand& command) {
    refuse_contradictions(command.output);
}

void refuse_contradictions(const BenchCommand& command) {
    refuse_contradictions(command.output);
}

void refuse_contradictions(const JudgeCommand& command) {
    refuse_contradictions(command.output, {{"trace", command.trace}}, {command.file});
}

void refuse_contradictions(const ReplayCommand& command) {
    refuse_contradictions(command.output, {{"facts", command.facts}, {"trace", command.trace}},
                          {command.file});
}

void refuse_contradictions(const ReportCommand& command) {
    refuse_contradictions(command.output, {}, command.files);
}

void refuse_contradictions(const ConformCommand& command) {
    if (command.list && command.emit_c) {
        throw UsageError("--list and --emit-c each print something else; leave one out");
    }
    if (command.emit_c && (command.all || command.walks != 0)) {
        throw UsageError("--emit-c runs no case, which --all and --walks are about; leave it or them out");
    }
    if (command.list && command.all) {
        throw UsageError("--list runs no case, which --all is about; leave one out");
    }
    refuse_contradictions(command.output);
}

void refuse_contradictions(const DoctorCommand& command) {
    refuse_contradictions(command.output);
}

void refuse_contradictions(const ExploreCommand& command) {
    refuse_two_images(command.plan);
    if (command.plan.vcpus == 1 && command.plan.condition) {
        throw UsageError("--condition is about vCPUs that --vcpus 1 leaves out; leave out one of the two");
    }
    if (command.checkpoint && !command.resume) {
        throw UsageError("--checkpoint is about the file of --resume; name that, or leave --checkpoint out");
    }
    refuse_contradictions(command.output, {{"resume", command.resume},
                                           {"schedule", command.schedule},
                                           {"facts", command.facts},
                                           {"trace", command.trace}});
}

}  // namespace nmistorm::cli
