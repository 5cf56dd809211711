#include "file_swap.hpp"

#include "base/ids.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

std::unexpected<Complaint> because(std::string_view what, const fs::path& path) {
  const int number = errno;
  return std::unexpected(
      fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(number)));
}

// Removes the half-written file unless it has become the whole one.
class Scrap {
 public:
  explicit Scrap(fs::path path) : path_(std::move(path)) {}
  ~Scrap() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Scrap(const Scrap&) = delete;
  Scrap& operator=(const Scrap&) = delete;
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A rename is on the disk when its directory is.
void sync_directory(const fs::path& path) {
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
}

}  // namespace

std::expected<std::optional<FileText>, Complaint> read_file(const fs::path& path, std::size_t max) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error == std::errc::no_such_file_or_directory) {
    std::error_code ignored;
    if (!fs::is_symlink(path, ignored)) return std::nullopt;
    return std::unexpected(fmt::format("{} is a link to a file that is not there", path.string()));
  }
  errno = error.value();
  if (error) return because("read", path);
  const UniqueFd file(::open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return because("read", path);
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return because("read", path);
  if (S_ISDIR(facts.st_mode)) return std::unexpected(fmt::format("{} is a directory", path.string()));
  if (!S_ISREG(facts.st_mode)) return std::unexpected(fmt::format("{} is not a file", path.string()));
  FileText text{real, {}, facts.st_mode & 07777U, facts.st_uid, facts.st_gid};
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return because("read", path);
    if (got == 0) return text;
    text.bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.bytes.size() > max) {
      return std::unexpected(fmt::format("{} has more than {} MiB", path.string(), max >> 20U));
    }
  }
}

std::expected<void, Complaint> write_file(const FileText& file, const std::optional<std::string>& replaces) {
  const fs::path next = file.path.string() + fmt::format(".sallyport-{:08x}", random_u64() & 0xFFFFFFFFU);
  Scrap scrap(next);
  {
    const UniqueFd out(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!out) {
      scrap.keep();
      return because("write", file.path);
    }
    struct stat facts{};
    if (::fstat(out.get(), &facts) != 0) return because("write", file.path);
    const bool is_owners = facts.st_uid == file.owner && facts.st_gid == file.group;
    if (!is_owners && ::fchown(out.get(), file.owner, file.group) != 0) {
      return because("keep the owner of", file.path);
    }
    if (!write_all(out.get(), file.bytes) || ::fchmod(out.get(), file.mode) != 0 || ::fsync(out.get()) != 0) {
      return because("write", file.path);
    }
  }
  if (replaces) {
    const auto now = read_file(file.path, replaces->size() + 1);
    if (!now || !*now || (*now)->bytes != *replaces) {
      return std::unexpected(fmt::format("{} was changed by another program just now", file.path.string()));
    }
  }
  if (::rename(next.c_str(), file.path.c_str()) != 0) return because("write", file.path);
  scrap.keep();
  sync_directory(file.path.parent_path());
  return {};
}

std::expected<void, Complaint> make_directory(const fs::path& path, mode_t mode) {
  std::error_code error;
  if (fs::is_directory(path, error)) return {};
  if (path.has_parent_path() && path.parent_path() != path) {
    if (auto parent = make_directory(path.parent_path(), 0777); !parent) return parent;
  }
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return because("make the directory", path);
  return {};
}

std::expected<FileLock, Complaint> FileLock::take(const fs::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return because("write", path);
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return because("lock", path);
  }
  return FileLock(std::move(file));
}

}  // namespace sallyport::cli
