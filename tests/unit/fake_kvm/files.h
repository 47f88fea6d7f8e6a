// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "kvm.h"

namespace nmistorm::fake_kvm {

/// What a file descriptor of the fake refers to.
class File {
  public:
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    virtual ~File() = default;
    /// As kvm::try_request().
    virtual int request(unsigned long number, unsigned long argument) = 0;
    /// eventfd_write(). Returns false if that is not for the fake.
    virtual bool write() { return false; }
};

/// Real descriptors of @p size bytes each, so that their numbers are unique and they can be mapped.
int make_descriptor(std::size_t size);
/// @p fd refers to @p file until drop_file(). Returns @p fd.
int add_file(int fd, std::shared_ptr<File> file);
/// Null if @p fd does not belong to the fake. Takes no lock: a lock would order threads, and ThreadSanitizer
/// would take that for the harness's own order.
File* file_of(int fd);
void drop_file(int fd);

/// /dev/kvm; -errno if there is no Kvm.
int open_kvm();

}  // namespace nmistorm::fake_kvm
