// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nmistorm::test {

using Bytes = std::vector<std::byte>;

/// The clean x86-64 image as it was linked.
Bytes clean_image();

/// The first byte after everything that an image needs to run: its headers, segments and note.
std::size_t end_of_segments(const Bytes& image);

/// The image's header and program headers, which describe the rest.
std::size_t end_of_headers(const Bytes& image);

/// The image without section headers and what only they describe, as `strip --strip-section-headers` leaves
/// it.
Bytes stripped(Bytes image);

/// The clean image with one defect, and words that the error message must contain.
struct Damaged {
    std::string name;
    Bytes bytes;
    std::string says;
};
/// What is no image at all.
std::vector<Damaged> damaged_images();
/// What is an image, but of no guest that this nmistorm knows.
std::vector<Damaged> foreign_images();

}  // namespace nmistorm::test
