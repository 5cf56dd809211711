#include "gateway/listeners.hpp"

#include "telemetry/log.hpp"

#include <system_error>

namespace sallyport::gateway {
namespace {

constexpr std::size_t admin_connections = 100;
constexpr std::uint64_t admin_body = 16 * 1024;  // nothing there has a body that is looked at
// A probe asks once and goes: whoever stays holds a place for a moment only.
constexpr std::size_t health_connections = 256;
constexpr std::chrono::milliseconds health_patience{5000};
constexpr std::chrono::milliseconds unasked_time{500};  // for a request that is on its way in a drain
constexpr std::size_t admin_outbox = 256 * 1024;        // for a live tail whose reader is slow

transport::HostPolicy host_policy(const config::Listen& listen, std::vector<std::uint16_t> ports,
                                  bool loopback) {
  return {std::move(ports), loopback, listen.allowed_hosts, listen.allowed_origins};
}

transport::StreamableSettings http_settings(const config::Config& config, net::Budget& buffered) {
  return {.after = config.stream.after,
          .keepalive = config.stream.keepalive,
          .streams = config.limits.streams,
          .limits = request_limits(config.limits),
          .proxies = net::TrustedProxies(config.listen.trusted_proxies),
          .legacy_sse = config.listen.legacy_sse,
          .buffered = &buffered};
}

net::TlsFiles tls_files(const config::Tls& tls) {
  return {tls.cert, tls.key, tls.client_ca};
}

net::HttpLimits http_limits(const config::Limits& limits, net::Budget& buffered) {
  net::HttpLimits http;
  http.body = limits.request;
  http.buffered = &buffered;
  return http;
}

Result<std::unique_ptr<net::Listener>> listen_at(task::Loop& loop, const config::Address& address,
                                                 net::Listener::Accept accept,
                                                 net::Listener::Exhausted exhausted) {
  if (address.is_unix())
    return net::Listener::open_unix(loop, address.path, std::move(accept), std::move(exhausted));
  return net::Listener::open(loop, address.host, address.port, std::move(accept), std::move(exhausted));
}

std::string url(const config::Address& address, const net::Listener& listener, bool tls,
                std::string_view path) {
  if (address.is_unix()) return address.text();
  config::Address actual = address;
  actual.port = listener.port();
  return (tls ? "https://" : "http://") + actual.text() + std::string(path);
}

}  // namespace

json::Limits request_limits(const config::Limits& limits) {
  return {.max_depth = limits.depth,
          .max_keys = limits.keys,
          .max_string = limits.request,
          .max_bytes = limits.request};
}

Listeners::Listeners(task::Loop& loop, Gateway& gateway, session::Registry& sessions,
                     telemetry::Registry& metrics, const admin::LastReload& last_reload)
    : loop_(&loop),
      gateway_(&gateway),
      sessions_(&sessions),
      metrics_(&metrics),
      last_reload_(&last_reload) {}

Listeners::~Listeners() = default;

net::Listener::Exhausted Listeners::say_exhausted() {
  return [this](int error) {
    const auto held = exhausted_.pass(loop_->now());
    if (!held) return;
    log::warn("connections wait: no more can be accepted", {{"error", std::generic_category().message(error)},
                                                            {"instead", "raise LimitNOFILE or `ulimit -n`"},
                                                            {"suppressed", *held}});
  };
}

// Nothing is half started: a listener that cannot open takes those before it along.
Result<void> Listeners::open_doors(const config::Listen& listen) {
  for (const config::Address& address : listen.http) {
    net::TlsTerms* const tls = address.is_unix() ? nullptr : tls_.get();
    auto listener = listen_at(
        *loop_, address,
        [this, tls](auto stream, net::Peer peer) {
          http_server_->serve(std::move(stream), std::move(peer), tls);
        },
        say_exhausted());
    if (!listener) {
      doors_.clear();
      return fail(std::move(listener).error());
    }
    doors_.push_back({address, std::move(*listener), tls != nullptr});
  }
  return {};
}

Result<void> Listeners::open_agents(const config::Config& config) {
  if (config.listen.tls.enabled())
    tls_ = TRY(transport::ListenerTls::open(*loop_, *metrics_, tls_files(config.listen.tls)));
  TRY(open_doors(config.listen));
  std::vector<std::uint16_t> ports;
  bool loopback = true;
  for (const Door& door : doors_) {
    if (!door.address.is_unix()) ports.push_back(door.listener->port());
    loopback = loopback && door.address.is_loopback();
  }
  http_ = std::make_unique<transport::StreamableHttp>(*loop_, *gateway_, *sessions_,
                                                      host_policy(config.listen, std::move(ports), loopback),
                                                      http_settings(config, gateway_->budget()));
  http_server_ =
      std::make_unique<net::HttpServer>(*loop_, *http_, http_limits(config.limits, gateway_->budget()));
  return {};
}

Result<void> Listeners::open_admin(const config::Config& config, const std::string& token_file) {
  const config::Address& address = config.admin.http;
  admin_listener_ = TRY(listen_at(
      *loop_, address,
      [this](auto stream, net::Peer peer) { admin_server_->serve(std::move(stream), std::move(peer)); },
      say_exhausted()));
  std::vector<std::string> mcp_urls;
  for (const Door& door : doors_) mcp_urls.push_back(url(door.address, *door.listener, door.tls, "/mcp"));
  admin_ = std::make_unique<admin::Admin>(
      admin::Sources{.loop = *loop_,
                     .fleet = gateway_->fleet(),
                     .metrics = *metrics_,
                     .calls = gateway_->calls(),
                     .alerts = gateway_->alerts(),
                     .ready = [this] { return gateway_->ready(); },
                     .mcp_urls = std::move(mcp_urls),
                     .config = [this]() -> const config::Config& { return gateway_->config(); },
                     .last_reload = *last_reload_},
      host_policy(config.listen, {admin_listener_->port()}, address.is_loopback()),
      admin::Control(
          gateway_->fleet(),
          [this](std::string_view key, upstream::Power power) {
            return gateway_->replace_server(key, power);
          },
          admin::TokenGuard(
              *loop_, [this]() -> const Secret& { return gateway_->config().admin.token; }, token_file)));
  net::HttpLimits limits;
  limits.body = admin_body;
  limits.connections = admin_connections;
  limits.outbox = admin_outbox;
  admin_server_ = std::make_unique<net::HttpServer>(*loop_, *admin_, limits);
  return {};
}

Result<void> Listeners::open_health(const config::Config& config) {
  if (!config.health.http) return {};
  health_listener_ = TRY(listen_at(
      *loop_, *config.health.http,
      [this](auto stream, net::Peer peer) { health_server_->serve(std::move(stream), std::move(peer)); },
      say_exhausted()));
  health_ = std::make_unique<admin::Health>([this] { return !gateway_->draining(); });
  net::HttpLimits limits;
  limits.body = 0;
  limits.connections = health_connections;
  limits.idle = limits.receive = limits.send = health_patience;
  health_server_ = std::make_unique<net::HttpServer>(*loop_, *health_, limits);
  return {};
}

void Listeners::log_start(const config::Config& config) const {
  for (const Door& door : doors_) {
    log::info("serving MCP", {{"url", url(door.address, *door.listener, door.tls, "/mcp")},
                              {"servers", config.servers.size()},
                              {"authentication", false},
                              {"version", SALLYPORT_VERSION}});
  }
  if (admin_listener_)
    log::info("serving admin", {{"url", url(config.admin.http, *admin_listener_, false, "/")}});
  if (health_listener_)
    log::info("serving health", {{"url", url(*config.health.http, *health_listener_, false, "/readyz")}});
}

Result<Listeners::Prepared> Listeners::prepare(const config::Config& config) const {
  if (!tls_) return Prepared();
  return tls_->prepare(tls_files(config.listen.tls));
}

void Listeners::adopt(const config::Config& config, Prepared prepared) {
  if (prepared) tls_->serve(std::move(*prepared));
  if (!http_) return;
  http_->set_settings(http_settings(config, gateway_->budget()));
  http_server_->set_body_limit(config.limits.request);
}

void Listeners::reload_certificates() {
  if (tls_) tls_->reload();
}

void Listeners::begin_drain() {
  if (http_) http_->end_streams();
  if (http_server_) http_server_->drain();
  if (admin_) admin_->end_streams();
}

Task<void> Listeners::close_agents(SteadyTime until) {
  if (!http_server_) co_return ok();
  for (Door& door : doors_) door.listener->drain();
  if (admin_server_) admin_server_->drain();
  const SteadyTime patience = loop_->now() + unasked_time;
  while (http_server_->connections() > 0 && loop_->now() < until) {
    const bool patient = loop_->now() < patience;
    http_server_->close_idle(patient ? net::Idle::between_requests : net::Idle::without_request);
    CO_TRY(co_await task::Sleep(loop_->timers(), loop_->now() + std::chrono::milliseconds(10)));
  }
  if (tls_) tls_->stop();
  co_return co_await http_server_->close();
}

Task<void> Listeners::close_operators() {
  if (health_listener_) health_listener_->close();
  if (health_server_) (void)co_await health_server_->close();
  if (admin_listener_) admin_listener_->close();
  if (admin_server_) (void)co_await admin_server_->close();
  co_return ok();
}

}  // namespace sallyport::gateway
