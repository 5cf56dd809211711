#include "admin/token.hpp"

#include "admin/reply.hpp"
#include "config/kept_secret.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

namespace sallyport::admin {

Result<Secret> open_token(const std::string& path) {
  return config::open_kept_secret(
      path, {.what = "token", .form = "16 to 512 letters and digits", .is_one = config::is_token});
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
