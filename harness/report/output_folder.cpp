// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/output_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "report/refuse.h"

namespace nmistorm::report {
namespace {

namespace fs = std::filesystem;

std::string refusal(const std::string& path) {
    return fmt::format("cannot write to the folder '{}'", path);
}

}  // namespace

OutputFolder::OutputFolder(const std::string& path) : path_(path) {
    made_ = mkdir(path.c_str(), 0777) == 0;
    if (made_) {
        return;
    }
    if (errno != EEXIST) {
        refuse(refusal(path), errno, "name a new folder in one that you may write");
    }
    std::error_code failed;
    if (!fs::is_directory(path, failed)) {
        throw UsageError(refusal(path) + ": it is a file; name a new folder");
    }
    const bool empty = fs::is_empty(path, failed);
    if (failed) {
        refuse(refusal(path), failed.value(), "name a folder that you may write");
    }
    if (!empty) {
        throw UsageError(refusal(path) + ": it is not empty; name a new folder, or remove what is in it");
    }
}

OutputFolder::~OutputFolder() {
    if (made_) {
        rmdir(path_.c_str());  // fails if there is something in it
    }
}

std::string OutputFolder::file(const std::string& name) const {
    return path_ + (path_.ends_with('/') ? "" : "/") + name;
}

}  // namespace nmistorm::report
