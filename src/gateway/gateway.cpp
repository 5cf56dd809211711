#include "gateway/gateway.hpp"

#include "gateway/definitions.hpp"
#include "session/finish.hpp"
#include "telemetry/audit_record.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <algorithm>

namespace sallyport::gateway {
namespace {
namespace metrics = telemetry::metrics;
}

Gateway::Gateway(task::Loop& loop, const config::Config& config, telemetry::Registry& registry, Audit audit)
    : loop_(&loop),
      metrics_(&registry),
      alerts_(loop, registry),
      budget_(config.limits.buffered),
      suspended_bytes_(config.suspended.bytes),
      tasks_(loop),
      following_(loop, tasks_),
      fleet_(loop, upstream_settings(config), budget_, definitions(config), *this),
      request_states_(loop.clock()),
      rounds_(loop, suspended_bytes_),
      suspended_(loop, registry, suspended_bytes_, rounds_),
      idle_(loop) {
  calls_.add(alerts_);
  // Later: whoever tells of a failure may be in the middle of the server's own work.
  alerts_.on_quarantine([this](std::string_view server, Code because) {
    loop_->post([this, key = std::string(server), because] { quarantine(key, because); });
  });
  alerts_.configure(alert_settings(config));
  set_limits(config);
  graph_ = build_graph(config, std::move(audit));
  for (const auto& member : fleet_.current()->members()) {
    state_changed(*member->server());
    concurrency_changed(*member->server());
  }
  metrics_->sampled(metrics::subscriptions, [this] {
    std::size_t watched = 0;
    for (const auto& member : fleet_.current()->members()) watched += member->server()->watched();
    return static_cast<double>(watched);
  });
  metrics_->sampled(metrics::buffered_bytes, [this] { return static_cast<double>(budget_.used()); });
}

Gateway::~Gateway() = default;

std::shared_ptr<const Graph> Gateway::build_graph(const config::Config& config, Audit audit) {
  const std::shared_ptr<upstream::Roster>& roster = fleet_.current();
  auto stack = build_stack(config, *roster, audit.get());
  return std::make_shared<const Graph>(config, roster, std::move(audit), std::move(stack));
}

// What was spent and what is held stays so.
void Gateway::set_limits(const config::Config& config) {
  const config::Limits& limits = config.limits;
  budget_.set_limit(limits.buffered);
  if (limits.rate) rate_limit_.set_limit({limits.rate->count, limits.rate->per});
  tasks_.set_limit(limits.tasks);
  source_limit_.set_limit({limits.source.count, limits.source.per});
  limit_loopback_ = limits.source_written;
  suspended_bytes_.set_limit(config.suspended.bytes);
  suspended_.set_limits({.total = config.suspended.total,
                         .per_principal = config.suspended.per_principal,
                         .expiry = config.suspended.expiry});
}

upstream::FleetChange Gateway::reload(const config::Config& config, Audit audit) {
  alerts_.configure(alert_settings(config));
  set_limits(config);
  upstream::FleetChange change =
      fleet_.install(upstream_settings(config), definitions(config), config.timeouts.shutdown);
  graph_ = build_graph(config, std::move(audit));
  for (const std::string& key : change.removed) {
    metrics_->forget(metrics::upstream_up, {key});
    metrics_->forget(metrics::upstream_disabled, {key});
    metrics_->forget(metrics::upstream_quarantined, {key});
    metrics_->forget(metrics::concurrency_limit, {key});
    metrics_->forget(metrics::breaker_state, {key, name(upstream::Breaker::Scope::server)});
  }
  for (const std::vector<std::string>* keys : {&change.removed, &change.replaced}) {
    for (const std::string& key : *keys) {
      metrics_->forget(metrics::upstream_instances, {key});
      forget_open_parts(key);
    }
  }
  for (const std::vector<std::string>* keys : {&change.added, &change.replaced}) {
    for (const std::string& key : *keys) state_changed(*fleet_.current()->find(key)->server());
  }
  for (const auto& member : fleet_.current()->members()) concurrency_changed(*member->server());
  return change;
}

std::shared_ptr<upstream::Farewell> Gateway::replace_server(std::string_view key,
                                                            upstream::Replacement with) {
  if (draining_) return nullptr;
  auto farewell = fleet_.replace(key, with, graph_->config.timeouts.shutdown);
  if (!farewell) return farewell;
  graph_ = build_graph(graph_->config, graph_->audit);
  forget_open_parts(farewell->key);
  return farewell;
}

// Calls under way have the time of a drain, the failed one among them.
void Gateway::quarantine(const std::string& key, Code because) {
  if (!replace_server(key, {upstream::Power::off, because})) return;
  log::error("a server is in quarantine: nothing of it is listed or called until it is enabled again",
             {{"server", key}, {"because", wire_name(because)}});
}

void Gateway::forget_open_parts(const std::string& key) {
  using enum upstream::Breaker::Scope;
  for (const auto scope : {tool, caller, caller_tool})
    metrics_->forget(metrics::breaker_state, {key, name(scope)});
}

Error Gateway::draining_error() const {
  return Error(Code::limit_draining)
      .with_executed(Executed::no)
      .with_can_retry(true)
      .with_retry_after(std::chrono::seconds(5));
}

pipeline::Failed Gateway::refuse_draining(const pipeline::Call& call) {
  const Error error = draining_error();
  refused(error, {.source = call.principal->source,
                  .endpoint = call.endpoint,
                  .method = call.method(),
                  .revision = call.revision,
                  .bytes = call.bytes.size(),
                  .correlation = call.correlation});
  return {error, failure(error, call.correlation)};
}

Task<pipeline::Reply> Gateway::call(pipeline::Call& call) {
  if (draining_) co_return refuse_draining(call);
  call.log_demand = &log_demand_;
  const std::shared_ptr<const Graph> graph = graph_;
  call.graph = graph;
  task::Scope& caller = co_await task::current_scope();
  task::Scope scope(caller);
  session::Running running(call.message->id(call.bytes), scope);
  running_.add(running);
  Result<pipeline::Reply> reply = co_await graph->stack->call(call).in(scope);
  running_.remove(running);
  if (running_.empty()) idle_.set();
  if (reply) co_return reply;
  // Only an exception gets past the render layer.
  co_return pipeline::Failed(reply.error(), failure(reply.error(), call.correlation));
}

protocol::CanonicalFailure Gateway::failure(const Error& error, const CorrelationId& correlation) {
  protocol::FailureContext context;
  context.correlation = correlation;
  return protocol::render(error, context);
}

void Gateway::refused(const Error& error, const pipeline::Refusal& request) {
  metrics_->counter(metrics::refused, {wire_name(error.code())}).increment();
  if (error.code() != Code::limit_draining) alerts_.refused(error.code(), request.source);
  if (!graph_->audit) return;
  if (refusals_recorded_.take({}, loop_->now())) {
    ++refusals_unrecorded_;
    return;
  }
  telemetry::CallRecord record;
  record.started = loop_->clock().system_now();
  record.source = request.source;
  record.endpoint = request.endpoint;
  record.method = request.method;
  record.revision = request.revision;
  record.request_bytes = request.bytes;
  record.correlation = request.correlation;
  record.outcome.code = error.code();
  record.outcome.kind = error.kind();
  graph_->audit->record(telemetry::audit::refused_fields(record, std::exchange(refusals_unrecorded_, 0)));
}

std::optional<Error> Gateway::admit(const net::Peer& peer) {
  if (draining_) return draining_error();
  if (peer.loopback && !limit_loopback_) return std::nullopt;
  const auto wait = source_limit_.take(peer.address, loop_->now());
  if (!wait) return std::nullopt;
  return Error(Code::limit_rate_limited)
      .with_executed(Executed::no)
      .with_can_retry(true)
      .with_retry_after(*wait);
}

void Gateway::answered(protocol::Era era, protocol::Method method, int status) {
  const auto index = static_cast<std::size_t>(method) * 2 + (era == protocol::Era::modern ? 1 : 0);
  if (status == 200 && answered_[index]) return answered_[index]->increment();
  const std::string_view name =
      method == protocol::Method::unknown ? telemetry::Registry::other : protocol::name(method);
  telemetry::Counter& counter =
      metrics_->counter(metrics::requests, {protocol::name(era), name, std::to_string(status)});
  if (status == 200) answered_[index] = &counter;
  counter.increment();
}

void Gateway::delivered(pipeline::Delivery what) {
  switch (what) {
    case pipeline::Delivery::dropped:
      return metrics_->counter(metrics::events_to_slow_readers, {"dropped"}).increment();
    case pipeline::Delivery::stream_lost:
      return metrics_->counter(metrics::events_to_slow_readers, {"stream_lost"}).increment();
    case pipeline::Delivery::resumed:
      return metrics_->counter(metrics::streams_resumed).increment();
  }
}

pipeline::Front::Subscription Gateway::subscribe(std::string_view endpoint, pipeline::Listener& listener) {
  return fleet_.subscribe(endpoint, listener);
}

Task<void> Gateway::stop() {
  CO_TRY(co_await following_.stop());
  CO_TRY(co_await suspended_.stop());
  co_return co_await fleet_.stop();
}

Task<void> Gateway::finish_calls(SteadyTime until) {
  return session::finish_calls(*loop_, running_, idle_, until);
}

void Gateway::state_changed(const upstream::Server& server) {
  using upstream::State;
  metrics_->gauge(metrics::upstream_up, {server.key()}).set(server.state() == State::up ? 1 : 0);
  metrics_->gauge(metrics::upstream_disabled, {server.key()}).set(server.state() == State::disabled ? 1 : 0);
  metrics_->gauge(metrics::upstream_quarantined, {server.key()}).set(server.quarantined() ? 1 : 0);
  metrics_->gauge(metrics::breaker_state, {server.key(), name(upstream::Breaker::Scope::server)})
      .set(static_cast<double>(server.breaker().state()));
  if (server.state() == State::starting && server.status().restarts > 0) {
    metrics_->counter(metrics::upstream_restarts, {server.key()}).increment();
  }
  if (server.state() == State::down && server.last_error())
    alerts_.incident(*server.last_error(), server.key());
}

void Gateway::instances_changed(const upstream::Server& server) {
  metrics_->gauge(metrics::upstream_instances, {server.key()})
      .set(static_cast<double>(server.status().instances));
}

void Gateway::instance_restarted(const upstream::Server& server) {
  metrics_->counter(metrics::upstream_restarts, {server.key()}).increment();
}

// The state is of the worst part of each kind; of an isolated server, of the one that reads its lists.
void Gateway::breaker_changed(const upstream::Server& server, const upstream::Breaker::Part& part) {
  metrics_->counter(metrics::breaker_transitions, {server.key(), name(part.scope), name(part.state)})
      .increment();
  if (server.is_instance()) return;
  auto worst = upstream::Breaker::State::closed;
  for (const auto& each : server.breaker().open_parts(loop_->now()))
    if (each.scope == part.scope) worst = std::max(worst, each.state);
  metrics_->gauge(metrics::breaker_state, {server.key(), name(part.scope)}).set(static_cast<double>(worst));
}

void Gateway::timeout_step(const upstream::Server& server, std::string_view step) {
  metrics_->counter(metrics::timeout_steps, {server.key(), step}).increment();
}

void Gateway::concurrency_changed(const upstream::Server& server) {
  metrics_->gauge(metrics::concurrency_limit, {server.key()}).set(server.concurrency_limit());
}

void Gateway::fault_injected(const upstream::Server& server, client::Fault fault) {
  metrics_->counter(metrics::faults_injected, {server.key(), name(fault)}).increment();
}

void Gateway::garbage(const upstream::Server& server, std::string_view kind) {
  metrics_->counter(metrics::upstream_garbage, {server.key(), kind}).increment();
}

void Gateway::late_answer(const upstream::Server& server) {
  metrics_->counter(metrics::upstream_late_answers, {server.key()}).increment();
}

}  // namespace sallyport::gateway
