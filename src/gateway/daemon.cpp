#include "gateway/daemon.hpp"

#include "net/pipe.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"
#include "telemetry/process_metrics.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace sallyport::gateway {
namespace {

namespace metrics = telemetry::metrics;

constexpr std::chrono::milliseconds last_writes{
    1000};  // for replies that are on their way when the calls have ended

transport::HostPolicy host_policy(const config::Config& config, const config::Address& address,
                                  std::uint16_t port) {
  return {port, address.is_loopback(), config.listen.allowed_hosts, config.listen.allowed_origins};
}

json::Limits request_limits(const config::Limits& limits) {
  return {.max_depth = limits.depth,
          .max_keys = limits.keys,
          .max_string = limits.request,
          .max_bytes = limits.request};
}

net::HttpLimits http_limits(const config::Limits& limits, net::Budget& buffered) {
  net::HttpLimits http;
  http.body = limits.request;
  http.buffered = &buffered;
  return http;
}

}  // namespace

Daemon::Daemon(const config::Config& config, DaemonOptions options)
    : config_(config),
      options_(options),
      gateway_(loop_, config_, metrics_),
      sessions_(loop_.timers(), {config.sessions.idle, config.sessions.total, config.sessions.per_principal}),
      group_(loop_) {
  telemetry::register_process_metrics(metrics_, SALLYPORT_VERSION, loop_.clock().system_now());
  metrics_.sampled(metrics::sessions, [this] { return static_cast<double>(sessions_.size()); });
  metrics_.sampled(metrics::streams, [this] { return http_ ? static_cast<double>(http_->streams()) : 0; });
}

Daemon::~Daemon() = default;

Result<void> Daemon::open_http() {
  const config::Address& address = config_.listen.http;
  http_listener_ =
      TRY(net::Listener::open(loop_, address.host, address.port, [this](auto stream, net::Peer peer) {
        http_server_->serve(std::move(stream), std::move(peer));
      }));
  const transport::StreamableSettings settings{.after = config_.stream.after,
                                               .keepalive = config_.stream.keepalive,
                                               .streams = config_.limits.streams,
                                               .limits = request_limits(config_.limits)};
  http_ = std::make_unique<transport::StreamableHttp>(
      loop_, gateway_, sessions_, host_policy(config_, address, http_listener_->port()), settings);
  http_server_ =
      std::make_unique<net::HttpServer>(loop_, *http_, http_limits(config_.limits, gateway_.budget()));
  return {};
}

Result<void> Daemon::open_admin() {
  const config::Address& address = config_.admin.http;
  admin_listener_ =
      TRY(net::Listener::open(loop_, address.host, address.port, [this](auto stream, net::Peer peer) {
        admin_server_->serve(std::move(stream), std::move(peer));
      }));
  admin_ = std::make_unique<admin::Admin>(gateway_.fleet(), metrics_,
                                          host_policy(config_, address, admin_listener_->port()),
                                          [this] { return !gateway_.draining(); });
  net::HttpLimits limits;
  limits.connections = 100;
  admin_server_ = std::make_unique<net::HttpServer>(loop_, *admin_, limits);
  return {};
}

void Daemon::open_stdio() {
  stdio_ = std::make_unique<transport::StdioServer>(
      loop_, gateway_, net::open_pipe(loop_, UniqueFd(::fcntl(0, F_DUPFD_CLOEXEC, 3))),
      net::open_pipe(loop_, UniqueFd(::fcntl(1, F_DUPFD_CLOEXEC, 3))), request_limits(config_.limits));
  group_.spawn([](Daemon& self) -> Task<void> {
    (void)co_await self.stdio_->run();
    self.begin_drain();
    co_return ok();
  }(*this));
}

Result<void> Daemon::open() {
  if (options_.http) TRY(open_http());
  if (options_.admin) TRY(open_admin());
  if (options_.stdio) open_stdio();
  signals_.emplace(loop_, std::initializer_list<int>{SIGTERM, SIGINT},
                   [this](int number) { on_signal(number); });
  return {};
}

void Daemon::log_start() const {
  for (const config::Server& server : config_.servers) {
    log::info("server", {{"server", server.key}, {"transport", server.is_stdio() ? "stdio" : "http"}});
  }
  const auto url = [](const config::Address& address, const net::Listener& listener, std::string_view path) {
    config::Address actual = address;
    actual.port = listener.port();
    return "http://" + actual.text() + std::string(path);
  };
  log::info("limits", {{"request", config_.limits.request},
                       {"response", config_.limits.response},
                       {"concurrency", config_.limits.concurrency},
                       {"children", config_.limits.children},
                       {"sessions", config_.sessions.total}});
  if (options_.stdio) log::info("serving MCP on stdio", {{"version", SALLYPORT_VERSION}});
  if (http_listener_) {
    log::info("serving MCP", {{"url", url(config_.listen.http, *http_listener_, "/mcp")},
                              {"servers", config_.servers.size()},
                              {"authentication", false},
                              {"version", SALLYPORT_VERSION}});
  }
  if (admin_listener_) log::info("serving admin", {{"url", url(config_.admin.http, *admin_listener_, "/")}});
}

Result<void> Daemon::run() {
  Result<void> opened = open();
  if (opened) {
    log_start();
  } else {
    begin_drain();
  }
  loop_.run();
  return opened;
}

void Daemon::on_signal(int number) {
  if (draining_) {
    log::warn("a second signal: ending at once", {{"signal", number}});
    ::_exit(128 + number);  // the keepers see our end and leave nothing behind
  }
  log::info("draining", {{"signal", number}, {"grace_ms", config_.timeouts.shutdown.count()}});
  begin_drain();
}

void Daemon::begin_drain() {
  if (std::exchange(draining_, true)) return;
  group_.spawn(drain());
}

Task<void> Daemon::finish_calls(SteadyTime until) {
  if (http_) http_->end_streams();
  if (stdio_) {
    (void)co_await task::with_deadline(loop_.timers(), until, stdio_->finish(),
                                       [](const Error& cancelled) { return cancelled; });
  }
  gateway_.drain();
  co_return co_await gateway_.finish_calls(until);
}

Task<void> Daemon::drain() {
  (void)co_await finish_calls(loop_.now() + config_.timeouts.shutdown);
  if (http_listener_) http_listener_->close();
  for (net::HttpServer* server : {http_server_.get(), admin_server_.get()}) {
    if (server) server->drain();
  }
  const SteadyTime until = loop_.now() + last_writes;
  while (http_server_ && http_server_->connections() > 0 && loop_.now() < until) {
    CO_TRY(co_await task::Sleep(loop_.timers(), loop_.now() + std::chrono::milliseconds(10)));
  }
  if (http_server_) (void)co_await http_server_->close();
  if (stdio_) (void)co_await stdio_->close();
  (void)co_await gateway_.stop();
  if (admin_listener_) admin_listener_->close();
  if (admin_server_) (void)co_await admin_server_->close();
  log::info("stopped");
  signals_.reset();
  loop_.stop();
  co_return ok();
}

}  // namespace sallyport::gateway
