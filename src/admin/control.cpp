#include "admin/control.hpp"

#include "admin/fleet_json.hpp"
#include "admin/reply.hpp"
#include "base/strings.hpp"
#include "telemetry/log.hpp"

#include <array>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sallyport::admin {
namespace {

using upstream::Power;
using upstream::State;

constexpr std::string_view servers = "/api/servers/";

}  // namespace

std::optional<Control::Command> Control::command_of(std::string_view path) noexcept {
  constexpr std::array<std::pair<std::string_view, Action>, 3> words = {
      {{"restart", Action::restart}, {"disable", Action::disable}, {"enable", Action::enable}}};
  if (!path.starts_with(servers)) return std::nullopt;
  path.remove_prefix(servers.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  for (const auto& [word, action] : words) {
    if (path.substr(slash + 1) == word) return Command{action, word, path.substr(0, slash)};
  }
  return std::nullopt;
}

bool is_command(std::string_view path) noexcept {
  return Control::command_of(path).has_value();
}

Control::Control(upstream::Fleet& fleet, Replace replace, TokenGuard guard)
    : fleet_(&fleet), replace_(std::move(replace)), guard_(std::move(guard)) {}

std::optional<net::HttpReply> Control::admit(const net::RequestHead& head, const net::Peer& peer) {
  if (head.method != "POST") {
    net::HttpReply reply =
        error_reply(405, Code::proto_method_not_found, "This changes something: it takes POST.");
    reply.headers = "Allow: POST\r\n";
    return reply;
  }
  return guard_.check(head, peer);
}

net::HttpReply Control::unknown(std::string_view server) const {
  std::vector<std::string> names;
  for (const auto& member : fleet_->current()->members()) names.push_back(member->key());
  const auto meant = did_you_mean(server, names);
  return error_reply(
      404, Code::proto_invalid_params,
      meant ? fmt::format("No server is called so; did you mean `{}`?", *meant) : "No server is called so.");
}

std::optional<net::HttpReply> Control::refuse(const Command& command) const {
  const auto member = fleet_->current()->find(command.server);
  if (!member) return unknown(command.server);
  if (command.action != Action::restart) return std::nullopt;
  if (member->server()->state() == State::disabled)
    return error_reply(409, Code::system_maintenance, "It is switched off: enable it instead.");
  if (fleet_->ending(member->key())) {
    return error_reply(409, Code::limit_concurrency,
                       "An earlier restart of it is not over: calls of the former one are still under way.");
  }
  return std::nullopt;
}

Task<net::HttpReply> Control::run(net::Exchange& exchange) {
  const std::optional<Command> command = command_of(path_of(exchange.head().target));
  if (!command) co_return error_reply(404, Code::proto_method_not_found, "Not a command.");
  if (auto refused = refuse(*command)) co_return std::move(*refused);
  const std::string key(command->server);
  const bool off = fleet_->current()->find(key)->server()->state() == State::disabled;
  const bool wants_off = command->action == Action::disable;
  if (command->action != Action::restart && off == wants_off) co_return done(*command, nullptr);
  log::info("an operator changes a server",
            {{"server", key}, {"action", command->word}, {"peer", exchange.peer().address}});
  const auto farewell = replace_(key, wants_off ? Power::off : Power::on);
  if (!farewell) co_return unknown(key);
  if (!wants_off) {
    const auto ready = co_await fleet_->current()->find(key)->server()->ready();
    if (!ready && ready.error().code() == Code::proto_cancelled) co_return Failure(ready.error());
  }
  while (!farewell->over) CO_TRY(co_await farewell->ended.wait());
  log::info("an operator's change of a server is done", {{"server", key},
                                                         {"action", command->word},
                                                         {"calls_waited_for", farewell->calls},
                                                         {"calls_cut", farewell->cut}});
  co_return done(*command, farewell.get());
}

net::HttpReply Control::done(const Command& command, const upstream::Farewell* farewell) const {
  const auto member = fleet_->current()->find(command.server);
  if (!member) return unknown(command.server);
  boost::json::object object = server_json(member->status());
  object["action"] = std::string_view(command.word);
  object["changed"] = farewell != nullptr;
  object["calls"] = {{"waitedFor", farewell ? farewell->calls : 0}, {"cut", farewell ? farewell->cut : 0}};
  return {.body = boost::json::serialize(object) + "\n", .headers = std::string(no_store)};
}

}  // namespace sallyport::admin
