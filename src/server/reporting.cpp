#include "server/reporting.hpp"

#include "telemetry/metrics_names.hpp"
#include "telemetry/otlp_http.hpp"
#include "telemetry/process_metrics.hpp"

#include <chrono>
#include <utility>

namespace sallyport::server {

namespace metrics = telemetry::metrics;

Result<std::unique_ptr<Reporting>> Reporting::open(task::Loop& loop, telemetry::Registry& metrics,
                                                   telemetry::CallHub& calls, ReportingOptions options) {
  const Collector& wanted = options.collector;
  std::unique_ptr<telemetry::OtlpCollector> collector =
      TRY(telemetry::OtlpHttp::make(loop, {wanted.endpoint, wanted.headers, wanted.ca}));
  return std::unique_ptr<Reporting>(
      new Reporting(loop, metrics, calls, std::move(collector), std::move(options)));
}

Reporting::Reporting(task::Loop& loop, telemetry::Registry& metrics, telemetry::CallHub& calls,
                     std::unique_ptr<telemetry::OtlpCollector> collector, ReportingOptions options)
    : metrics_(&metrics),
      calls_(&calls),
      name_(options.collector.service.empty() ? options.name : options.collector.service),
      otlp_(loop, metrics, std::move(collector),
            {.developer_text = options.developer_text,
             .service = {.name = name_, .version = options.version, .instance = {}}}) {
  telemetry::register_process_metrics(metrics, options.version, loop.clock().system_now());
  calls.add(*this);
  otlp_.start(calls);
}

Reporting::~Reporting() {
  calls_->remove(*this);
}

Task<void> Reporting::finish(SteadyTime until) {
  co_return co_await otlp_.finish(until);
}

void Reporting::call_finished(const telemetry::CallRecord& record) {
  if (record.method != protocol::Method::tools_call) return;
  const std::string_view tool = record.listed ? record.target : telemetry::Registry::other;
  metrics_->counter(metrics::calls, {name_, tool, record.outcome.code_name()}).increment();
  metrics_->histogram(metrics::call_duration, {name_})
      .observe(std::chrono::duration<double>(record.took).count());
}

}  // namespace sallyport::server
