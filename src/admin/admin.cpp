#include "admin/admin.hpp"

#include "admin/call_json.hpp"
#include "admin/catalogue_json.hpp"
#include "admin/fleet_json.hpp"
#include "admin/overview.hpp"
#include "admin/page.hpp"
#include "admin/query.hpp"
#include "admin/reply.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sallyport::admin {
namespace {

constexpr std::string_view servers_path = "/api/servers";
constexpr std::string_view stream_path = "/api/calls/stream";
constexpr std::size_t usual_calls = 100;

const std::array<std::string, 8> calls_parameters = {"limit", "before", "requests", "ending",
                                                     "code",  "server", "target",   "ref"};
const std::array<std::string, 8> stream_parameters = {"after", "recent", "requests", "ending",
                                                      "code",  "server", "target",   "ref"};

net::HttpReply refusal(const Error& error) {
  std::string_view message = row(error.code()).meaning;
  if (const SlotValue* constraint = error.slot(Slot::constraint))
    message = std::get<std::string>(*constraint);
  return error_reply(error.code() == Code::limit_concurrency ? 503 : 400, error.code(), message);
}

net::HttpReply json_reply(Result<std::string> body) {
  if (!body) return refusal(body.error());
  return {.body = std::move(*body)};
}

net::HttpReply not_found() {
  return {.status = 404,
          .body =
              "Not found. This port serves / (the dashboard) /healthz /readyz /metrics /api/overview "
              "/api/servers /api/calls /api/tools /api/catalogue /api/config /api/errors.\n",
          .content_type = plain};
}

// The server that /api/servers/{name}/logs names; nothing for other paths.
std::optional<std::string_view> logs_of(std::string_view path) {
  constexpr std::string_view logs = "/logs";
  if (!path.starts_with(servers_path) || !path.ends_with(logs) ||
      path.size() <= servers_path.size() + logs.size() + 1)
    return std::nullopt;
  path.remove_prefix(servers_path.size() + 1);
  path.remove_suffix(logs.size());
  return path;
}

}  // namespace

Admin::Admin(Sources sources, transport::HostPolicy policy, Control control)
    : sources_(std::move(sources)),
      policy_(std::move(policy)),
      started_(sources_.loop.clock().system_now()),
      feed_(sources_.loop, sources_.calls),
      control_(std::move(control)) {}

std::optional<net::HttpReply> Admin::admit(const net::RequestHead& head, const net::Peer& peer) {
  if (policy_.check(head, peer.unix_socket)) {
    return net::HttpReply{
        .status = 403, .body = "Host or Origin is not one of this listener.\n", .content_type = "text/plain"};
  }
  std::optional<net::HttpReply> refused =
      is_command(path_of(head.target)) ? control_.admit(head, peer) : refuse_writes(head);
  if (refused) refused->headers += std::string(every_reply) + std::string(no_store);
  return refused;
}

net::HttpReply Admin::refuse(const Error& error, const net::Peer&) {
  return refuse_malformed(error);
}

Task<void> Admin::handle(net::Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  if (path_of(head.target) == stream_path && head.method == "GET") co_return co_await stream(exchange);
  net::HttpReply reply =
      is_command(path_of(head.target)) ? CO_TRY(co_await control_.run(exchange)) : answer(head);
  reply.headers += every_reply;
  co_return co_await exchange.reply(reply);
}

net::HttpReply Admin::answer(const net::RequestHead& head) const {
  const std::string_view path = path_of(head.target);
  if (const Asset* asset = find_asset(path)) return asset_reply(*asset, head);
  net::HttpReply reply = api(path, head.target);
  reply.headers += no_store;
  return reply;
}

net::HttpReply Admin::api(std::string_view path, std::string_view target) const {
  if (auto health = health_reply(path, sources_.ready)) return std::move(*health);
  if (path == "/metrics")
    return {.body = sources_.metrics.render(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  if (path == servers_path) return {.body = servers_json(sources_.fleet)};
  if (path == "/api/overview") return json_reply(overview(target));
  if (path == "/api/calls") return json_reply(calls(target));
  if (path == "/api/tools") return json_reply(tools(target));
  if (path == "/api/catalogue") return json_reply(catalogue(target));
  if (path == "/api/config") return {.body = config_json(sources_.config(), sources_.last_reload)};
  if (path == "/api/errors") return {.body = catalog_json()};
  if (const auto key = logs_of(path)) return logs(*key);
  return not_found();
}

net::HttpReply Admin::logs(std::string_view key) const {
  const auto member = sources_.fleet.current()->find(key);
  if (!member) return not_found();
  std::string lines;
  for (const std::string& line : member->server()->stderr_lines()) lines += escape_terminal(line) + "\n";
  return {.body = std::move(lines), .content_type = plain};
}

Result<std::string> Admin::overview(std::string_view target) const {
  constexpr auto whole = CallStats::slice * CallStats::slices_kept;
  const std::array<std::string, 1> known = {"window"};
  const Query query = TRY(Query::parse(target, known));
  const std::uint64_t window = TRY(query.number("window", CallStats::slice.count(), whole.count(), 300));
  const Running running{.run = feed_.run(),
                        .started = started_,
                        .now = sources_.loop.clock().system_now(),
                        .draining = !sources_.ready(),
                        .mcp_urls = sources_.mcp_urls,
                        .reload = sources_.last_reload};
  return overview_json(running, sources_.fleet, sources_.alerts, feed_.stats(), sources_.loop.now(),
                       std::chrono::seconds(window));
}

// The newest first.
Result<std::string> Admin::calls(std::string_view target) const {
  const Query query = TRY(Query::parse(target, calls_parameters));
  const CallFilter filter = TRY(call_filter(query));
  const std::uint64_t limit = TRY(query.number("limit", 1, CallFeed::calls_kept, usual_calls));
  const RecentCalls& recent = feed_.recent();
  std::uint64_t end = recent.next();
  if (const std::string* before = query.find("before")) {
    const auto number = feed_.number(*before);
    if (!number) return fail(bad_parameter("before", "the id of a call of this run"));
    end = std::clamp(*number, recent.first(), end);
  }
  std::string out = fmt::format(R"({{"run":"{}","kept":{},"calls":[)", feed_.run(), CallFeed::calls_kept);
  std::uint64_t count = 0;
  for (std::uint64_t at = end; at > recent.first() && count < limit; --at) {
    const RecentCall& call = recent.at(at - 1);
    if (!filter.matches(call)) continue;
    if (count++ > 0) out += ',';
    append_call(out, call, feed_.id(call.number));
  }
  return out + "]}\n";
}

// Empty: all servers.
Result<std::string> Admin::endpoint_of(std::string_view target) const {
  const std::array<std::string, 1> known = {"endpoint"};
  const Query query = TRY(Query::parse(target, known));
  const std::string* endpoint = query.find("endpoint");
  if (endpoint && !sources_.fleet.current()->has_endpoint(*endpoint))
    return fail(bad_parameter("endpoint", "a server's name; without it, all servers, as at /mcp"));
  return endpoint ? *endpoint : std::string();
}

Result<std::string> Admin::tools(std::string_view target) const {
  return tools_json(sources_.fleet, TRY(endpoint_of(target)));
}

Result<std::string> Admin::catalogue(std::string_view target) const {
  return catalogue_json(sources_.fleet, TRY(endpoint_of(target)));
}

Task<void> Admin::stream(net::Exchange& exchange) {
  const auto refused = [&](const Error& error) {
    net::HttpReply reply = refusal(error);
    if (reply.status == 503) reply.headers = "Retry-After: 10\r\n";
    reply.headers += every_reply;
    reply.headers += no_store;
    return reply;
  };
  const auto query = Query::parse(exchange.head().target, stream_parameters);
  if (!query) co_return co_await exchange.reply(refused(query.error()));
  const auto filter = call_filter(*query);
  if (!filter) co_return co_await exchange.reply(refused(filter.error()));
  const auto recent = query->number("recent", 0, CallFeed::calls_kept, 0);
  if (!recent) co_return co_await exchange.reply(refused(recent.error()));
  if (feed_.full()) {
    co_return co_await exchange.reply(
        refused(Error(Code::limit_concurrency)
                    .with_executed(Executed::no)
                    .with_slot(Slot::constraint, "as many live tails as the gateway keeps are open")));
  }
  TailStart start;
  start.recent = static_cast<std::size_t>(*recent);
  const auto header = exchange.head().fields.find("last-event-id");
  const std::string* after = query->find("after");
  // The id of another run says that its reader has seen nothing of this one.
  if (header || after) {
    start.after = feed_.number(header ? *header : std::string_view(*after));
    if (!start.after) start.recent = CallFeed::calls_kept;
  }
  co_return co_await feed_.tail(exchange, *filter, start);
}

}  // namespace sallyport::admin
