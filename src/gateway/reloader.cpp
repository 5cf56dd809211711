#include "gateway/reloader.hpp"

#include "config/changes.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <fmt/format.h>

namespace sallyport::gateway {
namespace {

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

}  // namespace

Reloader::Reloader(task::Loop& loop, Gateway& gateway, telemetry::Registry& metrics,
                   net::ServiceManager& manager, config::Request request)
    : loop_(&loop),
      gateway_(&gateway),
      metrics_(&metrics),
      manager_(&manager),
      request_(std::move(request)),
      started_(gateway.config()),
      files_(loop, [this] { reload("a file changed"); }),
      group_(loop) {}

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
      count("failed");
    }
  }
  running_ = false;
  if (!stopping_) manager_->ready(fmt::format("{} servers", gateway_->config().servers.size()));
  co_return ok();
}

void Reloader::take(config::Loaded loaded) {
  watch(loaded.files);
  log_problems(loaded.diagnostics);
  if (loaded.config) return put_in_force(std::move(*loaded.config));
  log::error("the configuration is wrong: nothing was changed", {{"mistakes", loaded.diagnostics.size()}});
  count("failed");
}

void Reloader::put_in_force(config::Config fresh) {
  bool any = false;
  for (const config::Change& change : config::changes(gateway_->config(), fresh)) {
    if (change.restart) continue;
    log::info("a value is different now",
              {{"key", change.path}, {"was", change.before}, {"is", change.after}});
    any = true;
  }
  for (const config::Change& change : config::changes(started_, fresh)) {
    if (!change.restart) continue;
    log::warn("this needs a restart of the gateway: it goes on with what it was started with",
              {{"key", change.path}, {"was", change.before}, {"is", change.after}});
  }
  // Clients and servers see the same of these, and clients see them after a restart.
  fresh.limits.request = started_.limits.request;
  fresh.limits.depth = started_.limits.depth;
  fresh.limits.keys = started_.limits.keys;
  fresh.sessions = started_.sessions;  // so are sessions and the instances that belong to them
  const upstream::FleetChange change = gateway_->reload(fresh);
  log_servers("server added", change.added);
  log_servers("server removed: it ends after its calls", change.removed);
  log_servers("server defined differently: a new one takes its place", change.replaced);
  log_servers("rules of a server changed: it runs on", change.ruled);
  if (change.reordered) log::info("the order of the servers changed");
  any = any || change != upstream::FleetChange{};
  log::info(any ? "the configuration is in force" : "the configuration is as it was");
  count(any ? "changed" : "unchanged");
}

void Reloader::count(std::string_view result) {
  metrics_->counter(telemetry::metrics::reloads, {result}).increment();
}

Task<void> Reloader::stop() {
  stopping_ = true;
  (void)co_await files_.stop();
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::gateway
