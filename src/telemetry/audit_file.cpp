#include "telemetry/audit_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::telemetry {
namespace {

Failure unusable(std::string_view what) {
  return Failure(Error(Code::config_invalid).with_executed(Executed::no).with_developer_message(what));
}

}  // namespace

Result<AuditFile> AuditFile::open(const std::string& path, const audit::Head& head) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (fd.get() < 0) return unusable(fmt::format("audit.file cannot be opened: {}", std::strerror(errno)));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return unusable("audit.file is written by another gateway: give each a file of its own");
  AuditFile file(std::move(fd));
  file.head_ = head;
  TRY(file.find_end());
  return file;
}

Result<std::string> AuditFile::read_tail(std::size_t size) const {
  struct stat info{};
  if (::fstat(fd_.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::string();
  const auto whole = static_cast<std::size_t>(info.st_size);
  std::string bytes(std::min(size, whole), '\0');
  const ssize_t count =
      ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(whole - bytes.size()));
  if (count < 0) return unusable(fmt::format("audit.file cannot be read: {}", std::strerror(errno)));
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

// The last line that is a record is the head of the chain; what follows it was left by a crash.
Result<void> AuditFile::find_end() {
  const std::string tail = TRY(read_tail(4 * audit::longest_line));
  torn_ = 0;
  if (tail.empty()) return {};
  for (std::size_t end = tail.rfind('\n'); end != std::string::npos && end > 0;) {
    const std::size_t before = tail.rfind('\n', end - 1);
    const std::size_t from = before == std::string::npos ? 0 : before + 1;
    if (const auto line = audit::read(std::string_view(tail).substr(from, end - from))) {
      head_ = {line->seq, line->hash};
      torn_ = tail.size() - end - 1;
      return {};
    }
    end = before;
  }
  torn_ = tail.size();
  if (tail.starts_with("{\"seq\":1,")) return {};  // its very first line was cut
  return unusable(
      "audit.file holds something else than an audit record: name another file, or move this one away");
}

int AuditFile::append(std::string_view lines, const audit::Head& head) {
  struct stat before{};
  const bool regular = ::fstat(fd_.get(), &before) == 0 && S_ISREG(before.st_mode);
  std::string begun;
  if (torn_ > 0) lines = begun.append("\n").append(lines);
  std::size_t written = 0;
  while (written < lines.size()) {
    const ssize_t count = ::write(fd_.get(), lines.data() + written, lines.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int why = count < 0 ? errno : EIO;
      if (written > 0 && regular && ::ftruncate(fd_.get(), before.st_size) != 0) (void)find_end();
      return why;
    }
    written += static_cast<std::size_t>(count);
  }
  torn_ = 0;
  head_ = head;
  return 0;
}

void AuditFile::sync() noexcept {
  (void)::fdatasync(fd_.get());
}

bool AuditFile::is(const std::string& path) const {
  struct stat ours{};
  struct stat named{};
  return ::fstat(fd_.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

}  // namespace sallyport::telemetry
