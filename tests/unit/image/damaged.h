// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nmistorm::test {

using Bytes = std::vector<std::byte>;

/// The clean x86-64 image as it was linked.
Bytes clean_image();

/// First byte behind all that an image needs to run: its headers, segments and note.
std::size_t end_of_segments(const Bytes& image);

/// Its header and program headers, which say the rest.
std::size_t end_of_headers(const Bytes& image);

/// Without section headers and all that only they know of, as `strip --strip-section-headers` leaves it.
Bytes stripped(Bytes image);

/// The clean image with one thing wrong, and words that the complaint about it must contain.
struct Damaged {
    std::string name;
    Bytes bytes;
    std::string says;
};
std::vector<Damaged> damaged_images();

}  // namespace nmistorm::test
