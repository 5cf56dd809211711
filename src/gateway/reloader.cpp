#include "gateway/reloader.hpp"

#include "config/changes.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <fmt/format.h>

namespace sallyport::gateway {
namespace {

namespace metrics = telemetry::metrics;

void log_servers(std::string_view what, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) log::info(what, {{"server", key}});
}

void log_problems(const config::Diagnostics& diagnostics) {
  for (const config::Diagnostic& each : diagnostics) {
    const bool error = each.severity == config::Severity::error;
    const std::initializer_list<log::Field> fields = {
        {"file", each.file}, {"line", each.at.line}, {"column", each.at.column}, {"path", each.path},
        {"what", each.what}, {"why", each.why},      {"instead", each.instead}};
    if (error) log::error("config", fields);
    if (!error) log::warn("config", fields);
  }
}

// What is wrong beyond the text of a file.
config::Diagnostics mistake(std::string_view what) {
  config::Diagnostic one;
  one.what = what;
  return {one};
}

}  // namespace

Reloader::Reloader(task::Loop& loop, const Gateway& gateway, telemetry::Registry& metrics,
                   net::ServiceManager& manager, admin::LastReload& last, config::Request request,
                   PutInForce put_in_force)
    : loop_(&loop),
      gateway_(&gateway),
      metrics_(&metrics),
      manager_(&manager),
      last_(&last),
      request_(std::move(request)),
      put_in_force_(std::move(put_in_force)),
      started_(gateway.config()),
      files_(loop, [this] { reload("a file changed"); }),
      group_(loop) {
  say_in_force();
}

void Reloader::watch(const std::vector<std::string>& files) {
  if (!files_.watch(files))
    log::warn("not every file of the configuration can be watched: send SIGHUP after a change");
}

void Reloader::reload(std::string_view why) {
  if (stopping_) return;
  log::info("reading the configuration again", {{"because", why}});
  again_ = true;
  if (!running_) group_.spawn(run());
}

Task<void> Reloader::run() {
  running_ = true;
  manager_->reloading();
  while (std::exchange(again_, false) && !stopping_) {
    Result<config::Loaded> loaded = co_await task::offload(
        *loop_, [request = request_]() -> Result<config::Loaded> { return config::load(request); });
    if (stopping_) break;
    if (loaded) {
      take(std::move(*loaded));
    } else {
      log::error("the configuration could not be read", {{"error", loaded.error()}});
      failed(mistake("the configuration could not be read"));
    }
  }
  running_ = false;
  if (!stopping_) manager_->ready(fmt::format("{} servers", gateway_->config().servers.size()));
  co_return ok();
}

void Reloader::take(config::Loaded loaded) {
  watch(loaded.files);
  log_problems(loaded.diagnostics);
  if (loaded.config) return exchange(*loaded.config);
  log::error("the configuration is wrong: nothing was changed", {{"mistakes", loaded.diagnostics.size()}});
  std::erase_if(loaded.diagnostics,
                [](const auto& each) { return each.severity != config::Severity::error; });
  failed(std::move(loaded.diagnostics));
}

void Reloader::exchange(const config::Config& wanted) {
  const config::Config fresh = config::in_force(wanted, started_);
  const std::vector<config::Change> changes = config::changes(gateway_->config(), fresh);
  const auto servers = put_in_force_(fresh);
  if (!servers) {
    log::error("the configuration cannot be put in force: nothing was changed",
               {{"error", servers.error()}, {"why", servers.error().developer_message()}});
    return failed(mistake(servers.error().developer_message()));
  }
  for (const config::Change& change : changes)
    log::info("a value is different now",
              {{"key", change.path}, {"was", change.before}, {"is", change.after}});
  for (const config::Change& change : config::changes(started_, wanted)) {
    if (!change.restart) continue;
    log::warn("this needs a restart of the gateway: it goes on with what it was started with",
              {{"key", change.path}, {"was", change.before}, {"is", change.after}});
  }
  log_servers("server added", servers->added);
  log_servers("server removed: it ends after its calls", servers->removed);
  log_servers("server defined differently: a new one takes its place", servers->replaced);
  log_servers("rules of a server changed: it runs on", servers->ruled);
  if (servers->reordered) log::info("the order of the servers changed");
  const bool any = !changes.empty() || *servers != upstream::FleetChange{};
  log::info(any ? "the configuration is in force" : "the configuration is as it was");
  succeeded(any);
}

void Reloader::succeeded(bool changed) {
  metrics_->counter(metrics::reloads, {changed ? "changed" : "unchanged"}).increment();
  say_in_force();
}

// Also of what the gateway was started with.
void Reloader::say_in_force() {
  const SystemTime now = loop_->clock().system_now();
  *last_ = {.at = now, .in_force_since = now, .mistakes = {}};
  metrics_->gauge(metrics::config_last_reload_successful).set(1);
  metrics_->gauge(metrics::config_last_reload_success_timestamp)
      .set(static_cast<double>(std::chrono::system_clock::to_time_t(now)));
}

void Reloader::failed(config::Diagnostics mistakes) {
  last_->at = loop_->clock().system_now();
  last_->mistakes = std::move(mistakes);
  metrics_->counter(metrics::reloads, {"failed"}).increment();
  metrics_->gauge(metrics::config_last_reload_successful).set(0);
}

Task<void> Reloader::stop() {
  stopping_ = true;
  (void)co_await files_.stop();
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::gateway
