#include "config/kept_secret.hpp"

#include "base/ids.hpp"
#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "telemetry/log.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace sallyport::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 512;

Error wrong(std::string text) {
  return Error(Code::system_operation_failed).with_executed(Executed::no).with_developer_message(text);
}

Error failed(std::string_view what, const std::string& path) {
  const int number = errno;
  return wrong(fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(number)));
}

std::string new_secret() {
  std::array<std::byte, 32> bits{};
  random_bytes(bits);
  return hex(bits);
}

// Nothing: there is no such file.
Result<std::optional<Secret>> read(const std::string& path, const KeptSecret& kept) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::optional<Secret>();
  if (!file) return fail(failed("read", path));
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return fail(failed("read", path));
  if (!S_ISREG(facts.st_mode)) return fail(wrong(path + " is not a file: remove it"));
  if (facts.st_uid != ::geteuid())
    return fail(
        wrong(fmt::format("{} belongs to user {}, not to the gateway's: remove it", path, facts.st_uid)));
  if ((facts.st_mode & 077U) != 0) {
    if (::fchmod(file.get(), 0600) != 0) return fail(failed("close to others", path));
    log::warn("others could read a secret of the gateway: its file is closed to them now",
              {{"file", path}, {"instead", "remove the file and restart for a new one"}});
  }
  std::array<char, longest + 2> bytes{};
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  if (got < 0) return fail(failed("read", path));
  std::string text(bytes.data(), static_cast<std::size_t>(got));
  if (text.ends_with('\n')) text.pop_back();
  if (!kept.is_one(text))
    return fail(
        wrong(fmt::format("{} holds no {} ({}): remove it for a new one", path, kept.what, kept.form)));
  return std::optional<Secret>(std::in_place, std::move(text));
}

// A whole file appears under the name, unless one is there already.
Result<void> make(const std::string& path) {
  const std::string next = fmt::format("{}.{:016x}", path, random_u64());
  const UniqueFd file(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail(failed("write", path));
  const std::string text = new_secret() + "\n";
  const bool written = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file.get()) == 0;
  const bool linked = written && (::link(next.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const Error error = failed("write", path);
  ::unlink(next.c_str());
  if (!linked) return fail(error);
  return {};
}

}  // namespace

Result<Secret> open_kept_secret(const std::string& path, const KeptSecret& kept) {
  if (std::optional<Secret> there = TRY(read(path, kept))) return std::move(*there);
  std::error_code error;
  const fs::path directory = fs::path(path).parent_path();
  if (fs::create_directories(directory, error) && !error) ::chmod(directory.c_str(), 0700);
  TRY(make(path));
  std::optional<Secret> made = TRY(read(path, kept));
  if (!made) return fail(wrong(path + " was removed just now"));
  log::info("made a secret of the gateway's own", {{"what", kept.what}, {"file", path}});
  return std::move(*made);
}

}  // namespace sallyport::config
