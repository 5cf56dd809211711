#include "gateway/listeners.hpp"

#include "telemetry/log.hpp"

namespace sallyport::gateway {
namespace {

constexpr std::size_t admin_connections = 100;
constexpr std::chrono::milliseconds unasked_time{500};  // for a request that is on its way in a drain
constexpr std::size_t admin_outbox = 256 * 1024;        // for a live tail whose reader is slow

transport::HostPolicy host_policy(const config::Listen& listen, const config::Address& address,
                                  std::uint16_t port) {
  return {port, address.is_loopback(), listen.allowed_hosts, listen.allowed_origins};
}

net::HttpLimits http_limits(const config::Limits& limits, net::Budget& buffered) {
  net::HttpLimits http;
  http.body = limits.request;
  http.buffered = &buffered;
  return http;
}

std::string url(const config::Address& address, const net::Listener& listener, std::string_view path) {
  config::Address actual = address;
  actual.port = listener.port();
  return "http://" + actual.text() + std::string(path);
}

}  // namespace

json::Limits request_limits(const config::Limits& limits) {
  return {.max_depth = limits.depth,
          .max_keys = limits.keys,
          .max_string = limits.request,
          .max_bytes = limits.request};
}

Listeners::Listeners(task::Loop& loop, Gateway& gateway, session::Registry& sessions,
                     telemetry::Registry& metrics)
    : loop_(&loop), gateway_(&gateway), sessions_(&sessions), metrics_(&metrics) {}

Listeners::~Listeners() = default;

Result<void> Listeners::open_agents(const config::Config& config) {
  const config::Address& address = config.listen.http;
  http_listener_ =
      TRY(net::Listener::open(*loop_, address.host, address.port, [this](auto stream, net::Peer peer) {
        http_server_->serve(std::move(stream), std::move(peer));
      }));
  const transport::StreamableSettings settings{.after = config.stream.after,
                                               .keepalive = config.stream.keepalive,
                                               .streams = config.limits.streams,
                                               .limits = request_limits(config.limits)};
  http_ = std::make_unique<transport::StreamableHttp>(
      *loop_, *gateway_, *sessions_, host_policy(config.listen, address, http_listener_->port()), settings);
  http_server_ =
      std::make_unique<net::HttpServer>(*loop_, *http_, http_limits(config.limits, gateway_->budget()));
  return {};
}

Result<void> Listeners::open_admin(const config::Config& config) {
  const config::Address& address = config.admin.http;
  admin_listener_ =
      TRY(net::Listener::open(*loop_, address.host, address.port, [this](auto stream, net::Peer peer) {
        admin_server_->serve(std::move(stream), std::move(peer));
      }));
  std::vector<std::string> mcp_urls;
  if (http_listener_) mcp_urls.push_back(url(config.listen.http, *http_listener_, "/mcp"));
  admin_ = std::make_unique<admin::Admin>(admin::Sources{.loop = *loop_,
                                                         .fleet = gateway_->fleet(),
                                                         .metrics = *metrics_,
                                                         .calls = gateway_->calls(),
                                                         .ready = [this] { return !gateway_->draining(); },
                                                         .mcp_urls = std::move(mcp_urls)},
                                          host_policy(config.listen, address, admin_listener_->port()));
  net::HttpLimits limits;
  limits.connections = admin_connections;
  limits.outbox = admin_outbox;
  admin_server_ = std::make_unique<net::HttpServer>(*loop_, *admin_, limits);
  return {};
}

void Listeners::log_start(const config::Config& config) const {
  if (http_listener_) {
    log::info("serving MCP", {{"url", url(config.listen.http, *http_listener_, "/mcp")},
                              {"servers", config.servers.size()},
                              {"authentication", false},
                              {"version", SALLYPORT_VERSION}});
  }
  if (admin_listener_) log::info("serving admin", {{"url", url(config.admin.http, *admin_listener_, "/")}});
}

void Listeners::begin_drain() {
  if (http_) http_->end_streams();
  if (http_server_) http_server_->drain();
  if (admin_) admin_->end_streams();
}

Task<void> Listeners::close_agents(SteadyTime until) {
  if (!http_server_) co_return ok();
  http_listener_->drain();
  if (admin_server_) admin_server_->drain();
  const SteadyTime patience = loop_->now() + unasked_time;
  while (http_server_->connections() > 0 && loop_->now() < until) {
    const bool patient = loop_->now() < patience;
    http_server_->close_idle(patient ? net::Idle::between_requests : net::Idle::without_request);
    CO_TRY(co_await task::Sleep(loop_->timers(), loop_->now() + std::chrono::milliseconds(10)));
  }
  co_return co_await http_server_->close();
}

Task<void> Listeners::close_admin() {
  if (admin_listener_) admin_listener_->close();
  if (admin_server_) (void)co_await admin_server_->close();
  co_return ok();
}

}  // namespace sallyport::gateway
