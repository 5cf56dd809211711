// The secret that writes to the admin port need: the operator's own, or one that the gateway made for this
// user and keeps beside its state.
#pragma once

#include "base/secret.hpp"
#include "errors/error.hpp"
#include "net/http_server.hpp"
#include "telemetry/log.hpp"

#include <functional>
#include <optional>
#include <string>

namespace sallyport::admin {

// Reads the token at `path`, or makes one: 256 random bits, mode 0600, there whole or not at all. A file that
// others may read is closed to them, which the log says; one that is not ours, is a link or holds no token is
// SYS_005, with file, fault and remedy in its developer text.
Result<Secret> open_token(const std::string& path);

// Lets those in who show the token.
class TokenGuard {
 public:
  using Configured = std::function<const Secret&()>;  // `admin.token` as it is in force; empty: there is none

  // With an empty path there is no file.
  TokenGuard(task::Loop& loop, Configured configured, std::string path);

  // 401 with a challenge and where the token is, never what it is; 503 if there is none to be shown.
  std::optional<net::HttpReply> check(const net::RequestHead& head, const net::Peer& peer);

 private:
  void open();

  task::Loop* loop_;
  Configured configured_;
  std::string path_;
  Secret kept_;         // that of the file
  std::string failed_;  // why there is none
  log::Limiter refused_;
};

}  // namespace sallyport::admin
