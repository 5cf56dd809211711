#include "admin/token.hpp"

#include "admin/reply.hpp"
#include "base/ids.hpp"
#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "config/values.hpp"

#include <array>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace sallyport::admin {
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

std::string new_token() {
  std::array<std::byte, 32> bits{};
  random_bytes(bits);
  return hex(bits);
}

// Nothing: there is no such file.
Result<std::optional<Secret>> read(const std::string& path) {
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
    log::warn("others could read the admin token: its file is closed to them now",
              {{"file", path}, {"instead", "remove the file and restart for a new one"}});
  }
  std::array<char, longest + 2> bytes{};
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  if (got < 0) return fail(failed("read", path));
  std::string text(bytes.data(), static_cast<std::size_t>(got));
  if (text.ends_with('\n')) text.pop_back();
  if (!config::is_token(text))
    return fail(wrong(path + " holds no token (16 to 512 letters and digits): remove it for a new one"));
  return std::optional<Secret>(std::in_place, std::move(text));
}

// A whole file appears under the name, unless one is there already.
Result<void> make(const std::string& path) {
  const std::string next = fmt::format("{}.{:016x}", path, random_u64());
  const UniqueFd file(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail(failed("write", path));
  const std::string text = new_token() + "\n";
  const bool written = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file.get()) == 0;
  const bool linked = written && (::link(next.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const Error error = failed("write", path);
  ::unlink(next.c_str());
  if (!linked) return fail(error);
  return {};
}

}  // namespace

Result<Secret> open_token(const std::string& path) {
  if (std::optional<Secret> there = TRY(read(path))) return std::move(*there);
  std::error_code error;
  const fs::path directory = fs::path(path).parent_path();
  if (fs::create_directories(directory, error) && !error) ::chmod(directory.c_str(), 0700);
  TRY(make(path));
  std::optional<Secret> made = TRY(read(path));
  if (!made) return fail(wrong(path + " was removed just now"));
  log::info("made a token for writes to the admin API", {{"file", path}});
  return std::move(*made);
}

TokenGuard::TokenGuard(task::Loop& loop, Configured configured, std::string path)
    : loop_(&loop), configured_(std::move(configured)), path_(std::move(path)) {
  if (configured_().empty()) open();
}

void TokenGuard::open() {
  if (path_.empty()) {
    failed_ = "no place for one is known";
    return;
  }
  auto token = open_token(path_);
  if (token) {
    kept_ = std::move(*token);
    failed_.clear();
    return;
  }
  failed_ = token.error().developer_message();
  log::warn("no admin token: writes to the admin API are refused",
            {{"because", failed_}, {"instead", "correct that, or write `admin.token`"}});
}

std::optional<net::HttpReply> TokenGuard::check(const net::RequestHead& head, const net::Peer& peer) {
  // The configuration that is in force has none any more.
  if (configured_().empty() && kept_.empty()) open();
  const bool own = !configured_().empty();
  const Secret& token = own ? configured_() : kept_;
  if (token.empty()) {
    return error_reply(
        503, Code::auth_config_error,
        fmt::format("There is no admin token: {}. Correct that, or write `admin.token`.", failed_));
  }
  const std::string where = own ? "the value of `admin.token` in the gateway's configuration"
                                : fmt::format("in the file {} on the gateway's machine", path_);
  const auto shown = head.fields.find("authorization");
  constexpr std::string_view scheme = "bearer ";
  const bool bearer =
      shown && shown->size() > scheme.size() && config::to_lower(shown->substr(0, scheme.size())) == scheme;
  if (bearer && token.matches(shown->substr(scheme.size()))) return std::nullopt;
  if (const auto held = refused_.pass(loop_->now())) {
    log::warn("a write to the admin API was refused",
              {{"peer", peer.address}, {"token", shown ? "wrong" : "absent"}, {"suppressed", *held}});
  }
  net::HttpReply reply =
      error_reply(401, shown ? Code::auth_invalid_credentials : Code::auth_unauthorized,
                  fmt::format("Writes need `Authorization: Bearer TOKEN`{}. The token is {}.",
                              shown ? ", and this is not the one" : "", where));
  reply.headers = "WWW-Authenticate: Bearer realm=\"sallyport admin\"\r\n";
  return reply;
}

}  // namespace sallyport::admin
