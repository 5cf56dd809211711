#include "telemetry/otlp_export.hpp"

#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"
#include "telemetry/otlp_log.hpp"
#include "telemetry/otlp_metric.hpp"
#include "telemetry/otlp_span.hpp"

#include <utility>

namespace sallyport::telemetry {
namespace {

constexpr int most_foreign_lines = 256;
constexpr std::size_t usual_span = 1536;

template <class Record>
std::string span_of(const Record& record, bool developer_text) {
  std::string span;
  span.reserve(usual_span);
  append_otlp_span(span, record, developer_text);
  return span;
}

OtlpOptions of_this_run(OtlpOptions options) {
  options.service.instance = new_instance_id();
  return options;
}

}  // namespace

OtlpExport::OtlpExport(task::Loop& loop, Registry& metrics, std::unique_ptr<OtlpCollector> collector,
                       OtlpOptions options)
    : loop_(&loop),
      metrics_(&metrics),
      collector_(std::move(collector)),
      options_(of_this_run(std::move(options))),
      since_(loop.clock().system_now()),
      traces_(loop, *collector_, metrics, Signal::traces, options_.service, options_.limits),
      numbers_(loop, *collector_, metrics, Signal::metrics, options_.service, options_.limits),
      logs_(loop, *collector_, metrics, Signal::logs, options_.service, options_.limits),
      interval_(loop.timers()),
      inbox_(std::make_shared<Inbox>()) {}

OtlpExport::~OtlpExport() {
  if (hub_) log::set_tap({});
}

void OtlpExport::start(CallHub& hub) {
  hub_ = &hub;
  started_ = true;
  thread_ = std::this_thread::get_id();
  inbox_->owner = this;
  hub.add(*this);
  hub.set_tracing(true);
  log::set_tap([this](SystemTime time, log::Level level, std::string_view message, log::Fields fields) {
    line(time, level, message, fields);
  });
  interval_.start(loop_->now() + options_.interval, [this] { report_metrics(); });
}

void OtlpExport::call_finished(const CallRecord& record) {
  if (!record.trace.active()) return;  // it began before this did
  if (record.trace.sampled) traces_.add(span_of(record, options_.developer_text));
  // Of a server of ours the log has it already.
  if (record.error && record.told.empty()) logs_.add(otlp_failure(record, options_.developer_text));
}

void OtlpExport::run_finished(const RunRecord& record) {
  if (record.trace.sampled) traces_.add(span_of(record, options_.developer_text));
}

void OtlpExport::attempt_finished(const AttemptRecord& record) {
  traces_.add(span_of(record, options_.developer_text));
}

// On whatever thread logs.
void OtlpExport::line(SystemTime time, log::Level level, std::string_view message, log::Fields fields) {
  if (level < log::Level::info) return;
  std::string record = otlp_log_line(time, level, message, fields, options_.developer_text);
  if (std::this_thread::get_id() == thread_) return logs_.add(std::move(record));
  if (inbox_->waiting.fetch_add(1) >= most_foreign_lines) {
    inbox_->waiting.fetch_sub(1);
    inbox_->lost.fetch_add(1);
    return;
  }
  loop_->post([inbox = inbox_, record = std::move(record)]() mutable {
    inbox->waiting.fetch_sub(1);
    if (inbox->owner) inbox->owner->logs_.add(std::move(record));
  });
}

void OtlpExport::report_metrics() {
  if (const std::uint64_t lost = inbox_->lost.exchange(0); lost > 0)
    metrics_->counter(metrics::telemetry_dropped, {name(Signal::logs), "queue_full"}).increment(lost);
  numbers_.replace(otlp_metrics(*metrics_, since_, loop_->clock().system_now()));
  interval_.start(loop_->now() + options_.interval, [this] { report_metrics(); });
}

void OtlpExport::stop() {
  if (!hub_) return;
  hub_->set_tracing(false);
  hub_->remove(*this);
  hub_ = nullptr;
  log::set_tap({});
  inbox_->owner = nullptr;
}

Task<void> OtlpExport::finish(SteadyTime until) {
  stop();
  if (!started_) co_return ok();
  report_metrics();
  interval_.cancel();
  task::Group group(*loop_);
  for (OtlpSender* sender : {&traces_, &numbers_, &logs_}) group.spawn(sender->finish(until));
  task::Scope joining;
  (void)co_await group.join().in(joining);
  co_return ok();
}

}  // namespace sallyport::telemetry
