// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/embedded.h"

#include <fmt/format.h>

#include "base/error.h"

namespace {

struct Entry {
    const char* name;
    const std::byte* bytes;
    std::size_t size;
};

}  // namespace

/// Made by nmistorm_embed_images() in guest/guest.cmake; ends in an entry without a name.
extern "C" const Entry nmistorm_images[];

namespace nmistorm::image {

Image embedded(const std::string& name) {
    for (const Entry* entry = nmistorm_images; entry->name != nullptr; ++entry) {
        if (name == entry->name) {
            return Image::from_memory({entry->bytes, entry->size}, name);
        }
    }
    throw HostCannot(fmt::format(
        "this nmistorm was built without the image {}: use --arch x86_64, or --guest with one of your own",
        name));
}

}  // namespace nmistorm::image
