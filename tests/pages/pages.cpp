// SPDX-License-Identifier: GPL-2.0-or-later
// usage: pages FOLDER TRACE...
// Writes to FOLDER what --html makes of each kind of report, as NAME.html, with the same run's --json as
// NAME.json. What needs vCPUs runs on the KVM in this process; each TRACE is judged, as trace-0, trace-1, ...
// long has as many intervals as there can be, which a storm has only after a minute.
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "base/exit_code.h"
#include "commands/commands.h"
#include "kvm.h"
#include "report/renderers.h"
#include "sample.h"

namespace {

using namespace nmistorm;

/// Returns its exit code.
int write(const std::string& path, std::vector<std::string> words) {
    words.insert(words.begin(), "nmistorm");
    words.insert(words.end(), {"--quiet", "--html", path + ".html", "--json", path + ".json"});
    std::vector<const char*> argv;
    argv.reserve(words.size());
    for (const std::string& word : words) {
        argv.push_back(word.c_str());
    }
    return std::visit([](const auto& command) { return commands::run(command); },
                      cli::parse(static_cast<int>(argv.size()), argv.data()));
}

/// Throws if it ended with another code.
void write(const std::string& path, int code, const std::vector<std::string>& words) {
    if (const int ended = write(path, words); ended != code) {
        throw std::runtime_error(path + " ended with " + std::to_string(ended));
    }
}

/// Chance decides whether a storm shows enough, so it may take another seed.
void write_storm(const std::string& path) {
    constexpr int most = 10;
    int code = exit_inconclusive;
    for (int seed = 1; code == exit_inconclusive && seed <= most; ++seed) {
        code = write(
            path, {"storm", "--duration", "3s", "--vcpus", "3", "--profile", "--seed", std::to_string(seed)});
    }
    if (code != exit_pass) {
        throw std::runtime_error(path + " ended with " + std::to_string(code));
    }
}

void write_long(const std::string& path) {
    report::RunReport report = report::passed_over_time(oracle::Series::most);
    report.findings.assign(80, report::use_after_free());
    const report::Document document = report::document(report);
    std::ofstream(path + ".html") << report::html_text(document);
    std::ofstream(path + ".json") << report::json_text(document);
}

void write_all(const std::string& folder, const std::vector<std::string>& traces) {
    const fake_kvm::Kvm kvm;
    const std::string to = folder + "/";
    write_storm(to + "storm");
    write_long(to + "long");
    write(to + "planted", exit_violation, {"storm", "--fault", "skip-grace-period", "--duration", "1h"});
    write(to + "matrix", exit_pass, {"matrix", "--faults", "default-skipped", "--seeds", "1"});
    write(to + "bench", exit_pass,
          {"bench", "--source", "kvm-nmi", "--duration", "50ms", "--rounds", "1", "--vcpus", "2"});
    write(to + "doctor", exit_pass, {"doctor"});
    for (std::size_t i = 0; i < traces.size(); ++i) {
        write(to + "trace-" + std::to_string(i), exit_violation, {"judge", traces[i]});
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) {
        std::fputs("usage: pages FOLDER TRACE...\n", stderr);
        return 2;
    }
    try {
        write_all(words.front(), {words.begin() + 1, words.end()});
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pages: %s\n", error.what());
        return 1;
    }
}
