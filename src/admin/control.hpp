// What an operator does to a server through the admin port: restart it, switch it off, switch it on again.
#pragma once

#include "admin/token.hpp"
#include "upstream/fleet.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace sallyport::admin {

// Is it the path of a command, `/api/servers/{name}/restart|disable|enable`?
bool is_command(std::string_view path) noexcept;

class Control {
 public:
  // As Fleet::replace, and calls go by it from then on.
  using Replace =
      std::function<std::shared_ptr<upstream::Farewell>(std::string_view key, upstream::Power power)>;

  Control(upstream::Fleet& fleet, Replace replace, TokenGuard guard);

  // By the head alone: POST, with the token.
  std::optional<net::HttpReply> admit(const net::RequestHead& head, const net::Peer& peer);

  // Does it, and answers when the former server has ended and the new one is up or known to be down. What is
  // begun goes on when its caller leaves.
  Task<net::HttpReply> run(net::Exchange& exchange);

 private:
  enum class Action : std::uint8_t { restart, disable, enable };
  struct Command {
    Action action;
    std::string_view word;
    std::string_view server;
  };
  static std::optional<Command> command_of(std::string_view path) noexcept;
  friend bool is_command(std::string_view path) noexcept;

  std::optional<net::HttpReply> refuse(const Command& command) const;
  net::HttpReply unknown(std::string_view server) const;
  net::HttpReply done(const Command& command, const upstream::Farewell* farewell) const;

  upstream::Fleet* fleet_;
  Replace replace_;
  TokenGuard guard_;
};

}  // namespace sallyport::admin
