// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/embedded.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"

namespace {

struct Entry {
    const char* name;
    const std::byte* bytes;
    std::size_t size;
};

}  // namespace

// Made by nmistorm_embed_images() in guest/guest.cmake. The table ends in an entry without a name.
extern "C" const Entry nmistorm_images[];
extern "C" const char nmistorm_default_build[];

namespace nmistorm::image {

namespace {

// "builds/gcc-O0/guest_x86_64_none"; an image of the default build has no folder.
constexpr std::string_view folder_of_builds = "builds/";

}  // namespace

std::string default_build() {
    return nmistorm_default_build;
}

std::vector<std::string> builds() {
    std::vector<std::string> builds = {default_build()};
    for (const Entry* entry = nmistorm_images; entry->name != nullptr; ++entry) {
        std::string_view name = entry->name;
        if (name.starts_with(folder_of_builds)) {
            name.remove_prefix(folder_of_builds.size());
            const std::string build(name.substr(0, name.find('/')));
            if (builds.back() != build) {
                builds.push_back(build);
            }
        }
    }
    return builds;
}

void require_build(const std::string& build) {
    const std::vector<std::string> all = builds();
    if (std::ranges::find(all, build) == all.end()) {
        throw HostCannot(fmt::format(
            "this nmistorm has no guest built by {}, only by {}: build an nmistorm that has one, with "
            "'scripts/build guests -DNMISTORM_GUEST_BUILDS={} nmistorm'",
            build, fmt::join(all, ", "), build));
    }
}

Image embedded(const std::string& name, const std::optional<std::string>& build) {
    std::string file = name;
    if (build && *build != default_build()) {
        require_build(*build);
        file = fmt::format("{}{}/{}", folder_of_builds, *build, name);
    }
    for (const Entry* entry = nmistorm_images; entry->name != nullptr; ++entry) {
        if (file == entry->name) {
            return Image::from_memory({entry->bytes, entry->size}, file);
        }
    }
    throw HostCannot(fmt::format(
        "this nmistorm was built without the image {}: use --arch x86_64, or --guest with one of your own",
        name));
}

}  // namespace nmistorm::image
