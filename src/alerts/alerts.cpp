#include "alerts/alerts.hpp"

#include "errors/text.hpp"
#include "recovery/at_will.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

namespace sallyport::alerts {
namespace {

namespace metrics = telemetry::metrics;

recovery::Facts facts_of(const telemetry::CallRecord& record) {
  return {.operation = classify::operation_of(record.method), .server = record.server, .tool = record.target};
}

// Who is behind it, as far as callers can be told apart.
std::string_view caller_of(const telemetry::CallRecord& record) {
  const bool nameless = record.principal.empty() || record.principal == "anonymous";
  return nameless ? record.source : record.principal;
}

void log_alert(const Alert& alert) {
  const bool grave = alert.severity() >= Severity::high;
  const std::string correlation = alert.correlation ? alert.correlation->hex() : "";
  log::write(grave ? log::Level::error : log::Level::warn, "alert",
             {{"code", wire_name(alert.code)},
              {"kind", name(alert.kind)},
              {"severity", name(alert.severity())},
              {"server", alert.server},
              {"because", name(alert.because)},
              {"repeated", alert.repeated},
              {"count", alert.count},
              {"quarantined", alert.quarantined},
              {"text", alert.text},
              {"correlation_id", correlation}});
}

}  // namespace

Alerts::Alerts(task::Loop& loop, telemetry::Registry& metrics)
    : loop_(&loop),
      metrics_(&metrics),
      webhook_(loop, metrics, "webhook"),
      syslog_(loop, metrics, "syslog"),
      otlp_(loop, metrics, "otlp"),
      window_(loop.timers()) {}

Alerts::~Alerts() = default;

void Alerts::configure(const Settings& settings) {
  monitor_.set(settings.thresholds);
  gate_.set_window(settings.window);
  if (settings.webhook.reveal() != settings_.webhook.reveal()) set_webhook(settings.webhook);
  if (settings.syslog != settings_.syslog)
    syslog_.set_sink(settings.syslog ? std::make_shared<Syslog>(*settings.syslog) : nullptr);
  settings_ = settings;
  set_otlp();
}

void Alerts::set_webhook(const Secret& url) {
  if (url.empty()) return webhook_.set_sink(nullptr);
  Result<std::unique_ptr<Webhook>> made = Webhook::make(*loop_, url);
  if (!made) log::error("alerts cannot go to `escalate.webhook`", {{"error", made.error()}});
  webhook_.set_sink(made ? std::move(*made) : nullptr);
}

void Alerts::export_to(EventSink events) {
  events_ = std::move(events);
  set_otlp();
}

void Alerts::set_otlp() {
  const bool wanted = settings_.otlp && events_;
  if (wanted != otlp_.has_sink()) otlp_.set_sink(wanted ? std::make_shared<OtlpEvents>(events_) : nullptr);
}

void Alerts::call_finished(const telemetry::CallRecord& record) {
  if (!record.error) return;
  if (recovery::caused_at_will(record.error->code())) return caused(record.error->code(), caller_of(record));
  failed(*record.error, record.server, facts_of(record), record.correlation);
}

void Alerts::incident(const Error& error, std::string_view server) {
  if (error.row().family == Family::limit) return;  // it found no place, which callers can bring about
  failed(error, server, {.operation = classify::Operation::discovery, .server = server}, std::nullopt);
}

void Alerts::refused(Code code, std::string_view caller) {
  if (recovery::caused_at_will(code)) caused(code, caller);
}

void Alerts::caused(Code code, std::string_view caller) {
  if (!monitor_.caused(caller, code, loop_->now())) return;
  metrics_->counter(metrics::caller_alarms, {wire_name(code)}).increment();
  log::warn("a caller fails again and again", {{"caller", caller},
                                               {"code", wire_name(code)},
                                               {"count", monitor_.thresholds().of(code)},
                                               {"window_ms", monitor_.thresholds().window.count()}});
}

void Alerts::failed(const Error& error, std::string_view server, const recovery::Facts& facts,
                    std::optional<CorrelationId> correlation) {
  const auto too_many = monitor_.failed(error.code(), loop_->now());
  const recovery::Decision decision = settings_.policy.decide(error, facts);
  const bool escalated = decision.wanted == Strategy::escalate;
  if (!escalated && !too_many) return;
  const SystemTime now = loop_->clock().system_now();
  Alert alert{.code = error.code(),
              .kind = error.kind(),
              .server = std::string(server),
              .first = now,
              .last = now,
              .correlation = correlation,
              .text = what_failed(error)};
  if (escalated) alert.because = decision.rule ? Because::rule : Because::standard;
  if (!escalated) {
    alert.count = too_many->count;
    alert.first = now - std::chrono::duration_cast<SystemTime::duration>(too_many->since);
  }
  alert.quarantined = alert.because == Because::rule && settings_.quarantine && !server.empty();
  offer(alert);
  if (alert.quarantined && quarantine_) quarantine_(server, alert.code);
}

void Alerts::offer(const Alert& alert) {
  switch (gate_.offer(alert, loop_->now())) {
    case Gate::Verdict::pass:
      tell(alert);
      return wind();
    case Gate::Verdict::counted:
      return;
    case Gate::Verdict::no_room:
      return metrics_->counter(metrics::alerts, {"log", "dropped"}).increment();
  }
}

void Alerts::tell(const Alert& alert) {
  log_alert(alert);
  metrics_->counter(metrics::alerts, {"log", "sent"}).increment();
  for (Courier* courier : {&webhook_, &syslog_, &otlp_}) courier->add(alert);
  if (recent_.size() >= kept) recent_.pop_front();
  recent_.push_back(alert);
}

void Alerts::wind() {
  const auto due = gate_.next();
  if (!due) return window_.cancel();
  window_.start(*due, [this] {
    for (const Alert& alert : gate_.end_windows(loop_->now())) tell(alert);
    wind();
  });
}

Task<void> Alerts::finish(SteadyTime until) {
  window_.cancel();
  for (const Alert& alert : gate_.end_all()) tell(alert);
  task::Group group(*loop_);
  for (Courier* courier : {&webhook_, &syslog_, &otlp_}) group.spawn(courier->finish(until));
  task::Scope joining;
  (void)co_await group.join().in(joining);
  co_return ok();
}

}  // namespace sallyport::alerts
