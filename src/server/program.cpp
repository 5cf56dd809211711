#include "server/program.hpp"

#include "base/unique_fd.hpp"
#include "errors/typed_error.hpp"
#include "net/listener.hpp"
#include "net/pipe.hpp"
#include "net/signals.hpp"
#include "protocol/envelope.hpp"
#include "server/bearer.hpp"
#include "server/host.hpp"
#include "server/invoke.hpp"
#include "server/options.hpp"
#include "server/reporting.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "transport/listener_tls.hpp"
#include "transport/stdio_server.hpp"
#include "transport/streamable_http.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace sallyport::server {
namespace {

constexpr std::uint64_t max_request = 4 << 20;
constexpr std::uint64_t max_buffered = 256 << 20;  // request bodies that are held at once
constexpr std::chrono::milliseconds grace{25000};  // for calls under way when a signal comes
constexpr std::chrono::milliseconds last_writes{1000};
constexpr std::chrono::milliseconds last_reports{2000};  // to the collector
constexpr std::chrono::milliseconds unasked_time{500};   // for a request that is on its way in a drain

json::Limits request_limits() {
  return {.max_string = max_request, .max_bytes = max_request};
}

class Program {
 public:
  Program(Registry& registry, Options options, const std::optional<Collector>& collector)
      : registry_(registry),
        options_(std::move(options)),
        collector_(collector),
        host_(loop_, registry),
        buffered_(max_buffered),
        sessions_(loop_.timers(), {}),
        group_(loop_) {}

  Result<void> run() {
    if (collector_) TRY(open_reporting());
    signals_.emplace(loop_, std::initializer_list<int>{SIGTERM, SIGINT}, [this](int number) {
      if (draining_) ::_exit(128 + number);
      begin_drain();
    });
    if (options_.tls) {
      tls_ = TRY(transport::ListenerTls::open(loop_, metrics_, *options_.tls));
      hangup_.emplace(loop_, std::initializer_list<int>{SIGHUP}, [this](int) { tls_->reload(); });
    }
    if (options_.http) {
      TRY(open_http(*options_.http));
    } else {
      open_stdio();
    }
    loop_.run();
    return {};
  }

 private:
  Result<void> open_reporting() {
    reporting_ = TRY(Reporting::open(loop_, metrics_, registry_.calls,
                                     {.collector = *collector_,
                                      .name = registry_.identity.find("name")->as_string().value_or(""),
                                      .version = registry_.identity.find("version")->as_string().value_or(""),
                                      .developer_text = options_.otlp_developer_text}));
    return {};
  }

  Result<void> open_http(const Endpoint& endpoint) {
    listener_ =
        TRY(net::Listener::open(loop_, endpoint.host, endpoint.port, [this](auto stream, net::Peer peer) {
          http_server_->serve(std::move(stream), std::move(peer), tls_.get());
        }));
    transport::HostPolicy policy(listener_->port(), endpoint.is_loopback(), options_.allowed_hosts,
                                 options_.allowed_origins);
    transport::StreamableSettings settings;
    settings.limits = request_limits();
    const std::string scheme = tls_ ? "https" : "http";
    if (registry_.authenticate) {
      bearer_.emplace(loop_, registry_.authenticate, registry_.resource_server, scheme);
      settings.authenticator = &*bearer_;
    }
    http_ = std::make_unique<transport::StreamableHttp>(loop_, host_, sessions_, std::move(policy),
                                                        std::move(settings));
    net::HttpLimits limits;
    limits.body = max_request;
    limits.buffered = &buffered_;
    http_server_ = std::make_unique<net::HttpServer>(loop_, *http_, limits);
    Endpoint actual = endpoint;
    actual.port = listener_->port();
    log::info("serving MCP",
              {{"url", scheme + "://" + actual.text() + "/mcp"}, {"authentication", bearer_.has_value()}});
    return {};
  }

  void open_stdio() {
    stdio_ = std::make_unique<transport::StdioServer>(
        loop_, host_, net::open_pipe(loop_, UniqueFd(::fcntl(0, F_DUPFD_CLOEXEC, 3))),
        net::open_pipe(loop_, UniqueFd(::fcntl(1, F_DUPFD_CLOEXEC, 3))), request_limits());
    group_.spawn([](Program& self) -> Task<void> {
      (void)co_await self.stdio_->run();
      self.begin_drain();
      co_return ok();
    }(*this));
  }

  void begin_drain() {
    if (std::exchange(draining_, true)) return;
    group_.spawn(drain());
  }

  // What was read before is answered; whatever comes now is refused.
  Task<void> drain() {
    const SteadyTime until = loop_.now() + grace;
    host_.drain();
    if (http_) http_->end_streams();
    if (http_server_) http_server_->drain();
    (void)co_await host_.finish_calls(until);
    (void)co_await host_.stop();
    if (stdio_) {
      (void)co_await task::with_deadline(loop_.timers(), loop_.now() + last_writes, stdio_->finish(),
                                         [](const Error& cancelled) { return cancelled; });
      (void)co_await stdio_->close();
    }
    if (http_server_) (void)co_await close_http(std::max(until, loop_.now() + last_writes));
    if (reporting_) (void)co_await reporting_->finish(loop_.now() + last_reports);
    signals_.reset();
    hangup_.reset();
    if (tls_) tls_->stop();
    loop_.stop();
    co_return ok();
  }

  Task<void> close_http(SteadyTime until) {
    listener_->drain();
    const SteadyTime patience = loop_.now() + unasked_time;
    while (http_server_->connections() > 0 && loop_.now() < until) {
      const bool patient = loop_.now() < patience;
      http_server_->close_idle(patient ? net::Idle::between_requests : net::Idle::without_request);
      CO_TRY(co_await task::Sleep(loop_.timers(), loop_.now() + std::chrono::milliseconds(10)));
    }
    co_return co_await http_server_->close();
  }

  Registry& registry_;
  Options options_;
  std::optional<Collector> collector_;
  task::Loop loop_;
  Host host_;
  net::Budget buffered_;
  session::Registry sessions_;
  telemetry::Registry metrics_;
  std::unique_ptr<Reporting> reporting_;
  std::unique_ptr<transport::ListenerTls> tls_;
  std::optional<Bearer> bearer_;
  std::unique_ptr<transport::StreamableHttp> http_;
  std::unique_ptr<net::HttpServer> http_server_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<transport::StdioServer> stdio_;
  std::optional<net::Signals> signals_;
  std::optional<net::Signals> hangup_;
  bool draining_ = false;
  task::Group group_;
};

// The functions are the author's: what they throw is caught here.
Result<void> call_all(const std::vector<std::function<void()>>& functions) {
  try {
    for (const auto& function : functions) function();
  } catch (const std::exception& caught) {
    return fail(error_of(caught));
  }
  return {};
}

void say(std::FILE* to, const std::string& text) {
  std::fputs(text.c_str(), to);
}

int refuse(std::string_view program, const Error& why) {
  say(stderr, std::string(program) + ": " + std::string(why.developer_message()) + "\n");
  return 2;
}

}  // namespace

int run(Registry& registry, int argc, const char* const* argv) {
  const std::string_view program = argc > 0 ? argv[0] : "server";
  auto options = parse_options(std::span(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0),
                               registry.authenticate != nullptr);
  if (!options) return refuse(program, options.error());
  if (options->help) {
    say(stdout, usage(program));
    return 0;
  }
  if (options->version) {
    say(stdout, registry.identity.find("version")->as_string().value_or("") + "\n");
    return 0;
  }
  auto collector = find_collector(options->otlp, environment());
  if (!collector && !options->otlp.empty()) return refuse(program, collector.error());
  log::configure({.level = options->log_level});
  // The variables may be meant for others.
  if (!collector)
    log::warn("no telemetry is sent",
              {{"error", collector.error()}, {"detail", collector.error().developer_message()}});
  protocol::introduce_as(registry.identity.text());
  ::signal(SIGPIPE, SIG_IGN);
  Result<void> served = call_all(registry.at_start);
  if (served) warn_of_useless_tools(registry, options->http.has_value());
  if (served) served = Program(registry, *std::move(options), collector.value_or(std::nullopt)).run();
  std::ranges::reverse(registry.at_stop);
  if (const Result<void> stopped = call_all(registry.at_stop); served && !stopped) served = stopped;
  if (served) return 0;
  log::error("cannot serve", {{"error", served.error()}, {"detail", served.error().developer_message()}});
  return 1;
}

}  // namespace sallyport::server
