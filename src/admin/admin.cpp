#include "admin/admin.hpp"

#include "base/dates.hpp"
#include "base/strings.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view servers_path = "/api/servers";

json::value text(std::string_view value) {
  return json::string(value.data(), value.size());
}

// The failure as operators may see it: with what others wrote about it, which is kept redacted.
json::value error_json(const Error& error) {
  json::object object;
  object["code"] = text(wire_name(error.code()));
  object["name"] = text(full_name(error.code()));
  object["kind"] = text(name(error.kind()));
  object["executed"] = text(name(error.executed()));
  if (error.phase()) object["phase"] = text(name(*error.phase()));
  if (!error.developer_message().empty()) object["detail"] = text(error.developer_message());
  if (error.cause()) object["cause"] = error_json(*error.cause());
  return object;
}

json::value server_json(const upstream::Status& status) {
  json::object object;
  object["name"] = status.name;
  object["transport"] = status.stdio ? "stdio" : "http";
  object["state"] = text(name(status.state));
  object["since"] = format_rfc3339(status.since);
  object["lastError"] = status.last_error ? error_json(*status.last_error) : json::value();
  object["era"] = status.revision ? text(protocol::name(protocol::era(*status.revision))) : json::value();
  object["revision"] = status.revision ? text(protocol::name(*status.revision)) : json::value();
  object["pid"] = status.pid ? json::value(*status.pid) : json::value();
  object["restarts"] = status.restarts;
  object["tools"] = status.tools;
  object["resources"] = status.resources;
  object["resourceTemplates"] = status.templates;
  object["prompts"] = status.prompts;
  object["inFlight"] = status.in_flight;
  return object;
}

}  // namespace

Admin::Admin(upstream::Fleet& fleet, telemetry::Registry& metrics, transport::HostPolicy policy,
             std::function<bool()> ready)
    : fleet_(&fleet), metrics_(&metrics), policy_(std::move(policy)), ready_(std::move(ready)) {}

std::optional<net::HttpReply> Admin::admit(const net::RequestHead& head, const net::Peer&) {
  if (policy_.check(head)) {
    return net::HttpReply{
        .status = 403, .body = "Host or Origin is not one of this listener.\n", .content_type = "text/plain"};
  }
  if (head.method != "GET" && head.method != "HEAD")
    return net::HttpReply{.status = 405, .headers = "Allow: GET, HEAD\r\n"};
  return std::nullopt;
}

net::HttpReply Admin::refuse(const Error& error) {
  const bool large = error.code() == Code::limit_request_too_large;
  return {.status = large ? 413 : 400,
          .body = "The request is not one that this port answers.\n",
          .content_type = "text/plain"};
}

Task<void> Admin::handle(net::Exchange& exchange) {
  const std::string_view target = exchange.head().target;
  net::HttpReply reply = answer(target.substr(0, target.find('?')));
  reply.headers += "Cache-Control: no-store\r\n";
  co_return co_await exchange.reply(reply);
}

std::string Admin::servers_json() const {
  json::array servers;
  for (const auto& member : fleet_->current()->members()) servers.push_back(server_json(member->status()));
  return json::serialize(servers) + "\n";
}

net::HttpReply Admin::answer(std::string_view path) const {
  constexpr std::string_view plain = "text/plain; charset=utf-8";
  if (path == "/healthz") return {.body = "ok\n", .content_type = plain};
  if (path == "/readyz") {
    if (ready_()) return {.body = "ready\n", .content_type = plain};
    return {.status = 503, .body = "draining\n", .content_type = plain};
  }
  if (path == "/metrics")
    return {.body = metrics_->render(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  if (path == servers_path) return {.body = servers_json()};
  constexpr std::string_view logs = "/logs";
  if (path.starts_with(servers_path) && path.ends_with(logs) &&
      path.size() > servers_path.size() + logs.size() + 1) {
    std::string_view key = path.substr(servers_path.size() + 1);
    key.remove_suffix(logs.size());
    if (const auto member = fleet_->current()->find(key)) {
      std::string lines;
      for (const std::string& line : member->server()->stderr_lines()) lines += escape_terminal(line) + "\n";
      return {.body = std::move(lines), .content_type = plain};
    }
  }
  return {.status = 404,
          .body = "Not found. This port serves /healthz /readyz /metrics /api/servers.\n",
          .content_type = plain};
}

}  // namespace sallyport::admin
