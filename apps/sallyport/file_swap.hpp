// Reads a file whole and puts another in its place, so that at no moment half of one is there.
#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace sallyport::cli {

using Complaint = std::string;  // a sentence without its full stop

struct FileText {
  std::filesystem::path path;  // of the file itself, symbolic links followed
  std::string bytes;
  mode_t mode = 0600;
  uid_t owner = 0;
  gid_t group = 0;
};

// Nothing if there is no such file. A link to nowhere, a directory, a device, more than `max` bytes: a
// complaint.
std::expected<std::optional<FileText>, Complaint> read_file(const std::filesystem::path& path,
                                                            std::size_t max);

// Writes beside `file.path` and renames, after everything is on the disk; mode and owner are those of `file`.
// With `replaces`, only if the file still has those bytes.
std::expected<void, Complaint> write_file(const FileText& file,
                                          const std::optional<std::string>& replaces = std::nullopt);

// With its parents; `mode` is that of the last.
std::expected<void, Complaint> make_directory(const std::filesystem::path& path, mode_t mode);

// Held while it lives; waits for whoever holds it.
class FileLock {
 public:
  static std::expected<FileLock, Complaint> take(const std::filesystem::path& path);

 private:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace sallyport::cli
