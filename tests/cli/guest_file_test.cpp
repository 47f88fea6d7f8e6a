// SPDX-License-Identifier: GPL-2.0-or-later
// --guest FILE, if the file is no guest. A guest gets as far as the error that this host has no KVM.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <utility>
#include <vector>

#include "damaged.h"
#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

Ended with_guest(const std::string& file) {
    return run({"storm", "--guest", file, "--duration", "1s"}, {.kvm = no_kvm});
}

TEST(GuestFile, that_is_a_guest_is_accepted) {
    const Folder folder;
    expect_error(with_guest(NMISTORM_CLEAN_IMAGE), 77, "no /dev/kvm");
    expect_error(with_guest(folder.put("stripped", stripped(clean_image()))), 77, "no /dev/kvm");
}

TEST(GuestFile, that_is_not_there_is_refused) {
    const Folder folder;
    expect_error(with_guest(folder.path("absent")), 2, "absent: No such file or directory");
    expect_error(with_guest("/dev/null/guest"), 2, "/dev/null/guest: Not a directory");
}

TEST(GuestFile, that_is_empty_is_refused) {
    const Folder folder;
    expect_error(with_guest(folder.put("empty", "")), 2, "empty: the file is empty");
}

TEST(GuestFile, that_is_no_regular_file_is_refused_without_waiting_for_it) {
    const Folder folder;
    ASSERT_EQ(mkfifo(folder.path("fifo").c_str(), 0600), 0);
    expect_error(with_guest(folder.path("fifo")), 2, "fifo: it is not a regular file");
    expect_error(with_guest(folder.path("")), 2, "it is a directory");
    expect_error(with_guest("/dev/zero"), 2, "/dev/zero: it is not a regular file");
}

TEST(GuestFile, that_is_no_elf_file_is_refused) {
    const Folder folder;
    expect_error(with_guest(folder.put("text", "vmlinuz\n")), 2, "not an ELF file");
    expect_error(with_guest(folder.put("zeros", std::string(100'000, '\0'))), 2, "not an ELF file");
    expect_error(with_guest(folder.put("archive", "!<arch>\n")), 2, "not an ELF file");
}

TEST(GuestFile, that_is_a_program_of_the_host_is_refused) {
    expect_error(with_guest(NMISTORM_BINARY), 2, "not a statically linked executable");
}

TEST(GuestFile, that_is_larger_than_any_guest_is_refused) {
    const Folder folder;
    std::filesystem::resize_file(folder.put("large", ""), std::uintmax_t{1} << 32);
    expect_error(with_guest(folder.path("large")), 2, "it is larger than 256 MiB");
}

TEST(GuestFile, that_is_cut_off_is_refused_unless_only_names_are_lost) {
    const Folder folder;
    const Bytes clean = clean_image();
    const std::size_t headers = end_of_headers(clean);
    const std::size_t segments = end_of_segments(clean);
    const auto cut = [&](std::size_t size) {
        return with_guest(folder.put("cut", std::span(clean).first(size)));
    };
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{4}, std::size_t{16}, std::size_t{63}, std::size_t{64}, headers - 1,
          headers, headers + 1, segments / 2, segments - 1}) {
        SCOPED_TRACE(size);
        expect_error(cut(size), 2, "cut: ");
    }
    for (const std::size_t size : {segments, clean.size() / 2, clean.size() - 1}) {
        SCOPED_TRACE(size);
        expect_error(cut(size), 77, "no /dev/kvm");
    }
}

TEST(GuestFile, that_is_damaged_in_any_way_is_refused) {
    const Folder folder;
    std::vector<Damaged> images = damaged_images();
    for (Damaged& foreign : foreign_images()) {
        images.push_back(std::move(foreign));
    }
    for (const Damaged& damaged : images) {
        SCOPED_TRACE(damaged.name);
        const std::string file = folder.put(damaged.name, damaged.bytes);
        const Ended ended = with_guest(file);
        expect_error(ended, 2, file + ": ");
        expect_error(ended, 2, damaged.says);
    }
}

}  // namespace
}  // namespace nmistorm::test
