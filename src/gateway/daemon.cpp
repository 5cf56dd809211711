#include "gateway/daemon.hpp"

#include "config/kept_secret.hpp"
#include "gateway/upstream_check.hpp"
#include "net/pipe.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"
#include "telemetry/process_metrics.hpp"

#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

namespace sallyport::gateway {
namespace {

namespace metrics = telemetry::metrics;

constexpr std::chrono::milliseconds last_writes{
    1000};  // for replies that are on their way when the calls have ended

constexpr std::chrono::milliseconds last_reports{2000};  // for telemetry that its collector did not get yet

session::SessionLimits session_limits(const config::Sessions& sessions) {
  return {sessions.idle, sessions.total, sessions.per_principal};
}

session::EventLimits event_limits(const config::Config& config) {
  return {.per_session = config.events.per_session,
          .bytes = config.events.bytes,
          .keep = config.events.keep,
          .total = config.limits.buffered / 4};
}

}  // namespace

Daemon::Daemon(const config::Config& config, DaemonOptions options)
    : config_(config),
      options_(std::move(options)),
      observability_(loop_, metrics_, config_),
      gateway_(loop_, config_, metrics_, observability_.audit()),
      sessions_(loop_.timers(), session_limits(config.sessions), event_limits(config)),
      listeners_(loop_, gateway_, sessions_, metrics_, last_reload_),
      service_manager_(loop_, net::ServiceManager::from_environment()),
      reloader_(loop_, gateway_, metrics_, service_manager_, last_reload_, options_.request,
                [this](const config::Config& fresh) { return put_in_force(fresh); }),
      group_(loop_) {
  telemetry::register_process_metrics(metrics_, SALLYPORT_VERSION, loop_.clock().system_now());
  metrics_.sampled(metrics::sessions, [this] { return static_cast<double>(sessions_.size()); });
  const session::EventStore& events = sessions_.events();
  metrics_.sampled(metrics::events_kept, [&events] { return static_cast<double>(events.events()); });
  metrics_.sampled(metrics::events_kept_bytes, [&events] { return static_cast<double>(events.bytes()); });
  using Dropped = session::EventStore::Dropped;
  for (const auto& [bound, why] : {std::pair("number", Dropped::number), std::pair("bytes", Dropped::bytes),
                                   std::pair("age", Dropped::age)}) {
    metrics_.sampled(metrics::events_dropped,
                     [&events, why] { return static_cast<double>(events.dropped(why)); }, {bound});
  }
  metrics_.sampled(metrics::streams, [this] { return static_cast<double>(listeners_.streams()); });
}

Daemon::~Daemon() = default;

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

// Without a key that is kept, clients begin calls anew after a restart: that is no reason not to start.
void Daemon::take_seal_keys() {
  std::vector<SealKey> keys;
  for (const Secret& text : config_.state.seal_keys)
    if (const auto key = SealKey::parse(text.reveal())) keys.push_back(*key);
  if (keys.empty() && kept_seal_key_) keys.push_back(*kept_seal_key_);
  if (keys.empty() && !options_.seal_key_file.empty()) {
    const auto is_one = [](std::string_view text) { return SealKey::parse(text).has_value(); };
    const auto kept = config::open_kept_secret(
        options_.seal_key_file,
        {.what = "seal key", .form = "64 hexadecimal digits, or base64 of 32 bytes", .is_one = is_one});
    if (kept) {
      kept_seal_key_ = SealKey::parse(kept->reveal());
      keys.push_back(*kept_seal_key_);
    } else {
      log::warn("no seal key is kept: calls that wait for their client end with the gateway",
                {{"because", kept.error().developer_message()},
                 {"instead", "correct that, or write `state.seal_keys`"}});
    }
  }
  if (!keys.empty()) gateway_.set_seal_keys(std::move(keys));
}

Result<void> Daemon::open() {
  take_seal_keys();
  TRY(observability_.open(gateway_.calls()));
  gateway_.alerts().export_to([this](std::string record) { observability_.event(std::move(record)); });
  if (options_.http) TRY(listeners_.open_agents(config_));
  if (options_.admin) TRY(listeners_.open_admin(config_, options_.admin_token_file));
  if (options_.health) TRY(listeners_.open_health(config_));
  if (options_.stdio) open_stdio();
  return {};
}

void Daemon::log_start() const {
  for (const config::Server& server : config_.servers) {
    log::info("server", {{"server", server.key}, {"transport", server.is_stdio() ? "stdio" : "http"}});
  }
  log::info("limits", {{"request", config_.limits.request},
                       {"response", config_.limits.response},
                       {"concurrency", config_.limits.concurrency},
                       {"children", config_.limits.children},
                       {"sessions", config_.sessions.total}});
  if (options_.stdio) log::info("serving MCP on stdio", {{"version", SALLYPORT_VERSION}});
  listeners_.log_start(config_);
}

Result<void> Daemon::run() {
  signals_.emplace(loop_, std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP},
                   [this](int number) { on_signal(number); });
  if (options_.check_upstreams) {
    group_.spawn(check_and_serve());
  } else {
    serve();
  }
  loop_.run();
  return std::move(outcome_);
}

void Daemon::serve() {
  outcome_ = open();
  if (outcome_) {
    log_start();
    reloader_.watch(options_.files);
    service_manager_.ready(fmt::format("{} servers", config_.servers.size()));
  } else {
    begin_drain();
  }
}

Task<void> Daemon::check_and_serve() {
  log::info("checking every server", {{"servers", config_.servers.size()}});
  const auto verdicts =
      CO_TRY(co_await check_upstreams(gateway_.fleet(), loop_.now() + config_.timeouts.start));
  if (draining_) co_return ok();
  std::vector<std::string> silent;
  for (const UpstreamVerdict& verdict : verdicts) {
    if (verdict.answered()) continue;
    silent.push_back(verdict.status.name);
    const Error error = verdict.error.value_or(Error(Code::discovery_timeout));
    log::error("a server does not answer",
               {{"server", verdict.status.name},
                {"error", error},
                {"detail", error.developer_message()},
                {"stderr", verdict.stderr_lines.empty() ? "" : verdict.stderr_lines.back()}});
  }
  if (silent.empty()) {
    serve();
    co_return ok();
  }
  outcome_ =
      fail(Error(Code::tool_server_unavailable)
               .with_developer_message(fmt::format("{} of {} servers did not answer: {}", silent.size(),
                                                   verdicts.size(), fmt::join(silent, ", "))));
  begin_drain();
  co_return ok();
}

void Daemon::on_signal(int number) {
  if (number == SIGHUP) {
    listeners_.reload_certificates();
    observability_.reopen_files();
    return reloader_.reload("SIGHUP");
  }
  if (draining_) {
    log::warn("a second signal: ending at once", {{"signal", number}});
    ::_exit(128 + number);  // the keepers see our end and leave nothing behind
  }
  log::info("draining", {{"signal", number}, {"grace_ms", config_.timeouts.shutdown.count()}});
  begin_drain();
}

// What can fail comes first: then nothing was changed.
Result<upstream::FleetChange> Daemon::put_in_force(const config::Config& fresh) {
  Listeners::Prepared prepared = TRY(listeners_.prepare(fresh));
  Observability::Opened opened = TRY(observability_.prepare(fresh));
  config_ = fresh;
  take_seal_keys();
  listeners_.adopt(fresh, std::move(prepared));
  observability_.exchange(std::move(opened));
  sessions_.set_limits(session_limits(fresh.sessions), event_limits(fresh));
  if (stdio_) stdio_->set_limits(request_limits(fresh.limits));
  return gateway_.reload(fresh, observability_.audit());
}

void Daemon::begin_drain() {
  if (std::exchange(draining_, true)) return;
  service_manager_.stopping("draining");
  group_.spawn(drain());
}

// What was read before passed the gate already: it is answered. Whatever comes now is refused, on every way
// in.
Task<void> Daemon::drain() {
  (void)co_await reloader_.stop();
  const SteadyTime until = loop_.now() + config_.timeouts.shutdown;
  gateway_.drain();
  listeners_.begin_drain();
  (void)co_await gateway_.finish_calls(until);
  if (stdio_) {
    (void)co_await task::with_deadline(loop_.timers(), loop_.now() + last_writes, stdio_->finish(),
                                       [](const Error& cancelled) { return cancelled; });
    (void)co_await stdio_->close();
  }
  (void)co_await listeners_.close_agents(std::max(until, loop_.now() + last_writes));
  (void)co_await gateway_.stop();
  (void)co_await listeners_.close_operators();
  (void)co_await gateway_.alerts().finish(loop_.now() + last_reports);
  (void)co_await observability_.close(loop_.now() + last_reports);
  log::info("stopped");
  signals_.reset();
  loop_.stop();
  co_return ok();
}

}  // namespace sallyport::gateway
