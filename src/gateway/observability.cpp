#include "gateway/observability.hpp"

#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

namespace sallyport::gateway {

Observability::Observability(task::Loop& loop, telemetry::Registry& metrics, const config::Config& config)
    : loop_(&loop), config_(config.telemetry), metrics_(&metrics) {
  metrics.sampled(telemetry::metrics::log_lines_dropped,
                  [] { return static_cast<double>(log::dropped_lines()); });
  if (config.audit.file.empty()) return;
  auto opened = telemetry::AuditLog::open(
      loop, metrics,
      {.file = config.audit.file, .refuse = config.audit.on_failure == config::OnFailure::refuse});
  if (opened) {
    audit_ = std::move(*opened);
  } else {
    failed_ = opened.error();
  }
}

Result<void> Observability::open(telemetry::CallHub& hub) {
  if (failed_) return fail(*failed_);
  hub_ = &hub;
  if (log::enabled(log::Level::info)) hub.add(access_log_.emplace(loop_->timers(), *metrics_));
  return open_otlp();
}

Result<void> Observability::open_otlp() {
  const config::Otlp& otlp = config_.otlp;
  if (!otlp.enabled()) return {};
  telemetry::OtlpTarget target{otlp.endpoint, {}, otlp.ca};
  for (const config::Header& header : otlp.headers) target.headers.emplace_back(header.name, header.value);
  std::unique_ptr<telemetry::OtlpCollector> collector = TRY(telemetry::OtlpHttp::make(*loop_, target));
  otlp_.emplace(*loop_, *metrics_, std::move(collector),
                telemetry::OtlpOptions{otlp.interval, config_.developer_text});
  otlp_->start(*hub_);
  return {};
}

Task<void> Observability::close(SteadyTime until) {
  if (access_log_) {
    hub_->remove(*access_log_);
    access_log_.reset();
  }
  if (otlp_) {
    (void)co_await otlp_->finish(until);
    otlp_.reset();
  }
  if (audit_) audit_->close();
  co_return ok();
}

void Observability::reopen_files() {
  if (audit_) audit_->reopen();
}

}  // namespace sallyport::gateway
