#include "gateway/observability.hpp"

#include "config/changes.hpp"
#include "task/wait.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <algorithm>

namespace sallyport::gateway {
namespace {

namespace metrics = telemetry::metrics;

constexpr std::chrono::seconds last_reports{10};  // of an export that another one took the place of

bool exports_otherwise(const config::Config& before, const config::Config& after) {
  return std::ranges::any_of(config::changes(before, after), [](const config::Change& change) {
    return change.path.starts_with("telemetry.otlp") || change.path == "telemetry.developer_text";
  });
}

}  // namespace

Observability::Observability(task::Loop& loop, telemetry::Registry& registry, const config::Config& config)
    : loop_(&loop), metrics_(&registry), config_(config), group_(loop) {
  registry.sampled(metrics::log_lines_dropped, [] { return static_cast<double>(log::dropped_lines()); });
  auto opened = open_audit(config.audit);
  if (opened) {
    audit_ = std::move(*opened);
  } else {
    failed_ = opened.error();
  }
}

Result<void> Observability::open(telemetry::CallHub& hub) {
  if (failed_) return fail(*failed_);
  hub_ = &hub;
  follow_log_level();
  otlp_ = TRY(make_export(config_.telemetry));
  if (otlp_) otlp_->start(*hub_);
  return {};
}

// A file that calls of former graphs are still recorded in is gone on with: it is locked.
Result<Observability::Audit> Observability::open_audit(const config::Audit& wanted) {
  if (wanted.file.empty()) return Audit();
  if (audit_ && audit_->file() == wanted.file) return audit_;
  std::erase_if(former_, [](const auto& each) { return each.expired(); });
  for (const auto& each : former_)
    if (const Audit log = each.lock(); log && log->file() == wanted.file) return log;
  auto opened = TRY(telemetry::AuditLog::open(
      *loop_, *metrics_, {.file = wanted.file, .refuse = wanted.on_failure == config::OnFailure::refuse}));
  // The last call that it records may end while everybody waits for the loop, and the disk is slow.
  return Audit(opened.release(), [this](telemetry::AuditLog* log) {
    const std::shared_ptr<telemetry::AuditLog> last(log);
    if (last->closed()) return;
    group_.spawn([](task::Loop& loop, std::shared_ptr<telemetry::AuditLog> one) -> Task<void> {
      co_return co_await task::offload(loop, [one]() -> Result<void> {
        one->close();
        return {};
      });
    }(*loop_, last));
  });
}

Result<std::unique_ptr<telemetry::OtlpExport>> Observability::make_export(const config::Telemetry& wanted) {
  const config::Otlp& otlp = wanted.otlp;
  if (!otlp.enabled()) return nullptr;
  telemetry::OtlpTarget target{otlp.endpoint, {}, otlp.ca};
  for (const config::Header& header : otlp.headers) target.headers.emplace_back(header.name, header.value);
  std::unique_ptr<telemetry::OtlpCollector> collector = TRY(telemetry::OtlpHttp::make(*loop_, target));
  return std::make_unique<telemetry::OtlpExport>(
      *loop_, *metrics_, std::move(collector),
      telemetry::OtlpOptions{.interval = otlp.interval, .developer_text = wanted.developer_text});
}

Result<Observability::Opened> Observability::prepare(const config::Config& config) {
  Opened opened{.config = config, .exports_anew = exports_otherwise(config_, config)};
  if (opened.exports_anew) opened.otlp = TRY(make_export(config.telemetry));
  opened.audit = TRY(open_audit(config.audit));
  return opened;
}

void Observability::exchange(Opened opened) {
  config_ = std::move(opened.config);
  const config::Log& wanted = config_.telemetry.log;
  log::adjust(static_cast<log::Level>(wanted.level), static_cast<log::Format>(wanted.format));
  if (audit_ && audit_ != opened.audit) former_.push_back(audit_);
  audit_ = std::move(opened.audit);
  if (audit_) audit_->set_refuses(config_.audit.on_failure == config::OnFailure::refuse);
  if (!audit_) metrics_->forget(metrics::audit_healthy, {});
  if (!hub_) return;  // open() goes by it
  follow_log_level();
  if (!opened.exports_anew) return;
  if (otlp_) {
    otlp_->stop();
    group_.spawn([](std::unique_ptr<telemetry::OtlpExport> former, SteadyTime until) -> Task<void> {
      co_return co_await former->finish(until);
    }(std::move(otlp_), loop_->now() + last_reports));
  }
  otlp_ = std::move(opened.otlp);
  if (otlp_) otlp_->start(*hub_);
}

// Without the level that calls are written at nobody renders lines that nobody reads.
void Observability::follow_log_level() {
  const bool wanted = log::enabled(log::Level::info);
  if (wanted == access_log_.has_value()) return;
  if (wanted) return hub_->add(access_log_.emplace(loop_->timers(), *metrics_));
  hub_->remove(*access_log_);
  access_log_.reset();
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
  (void)co_await task::with_deadline(loop_->timers(), until, group_.join(),
                                     [](const Error& cancelled) { return cancelled; });
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

void Observability::reopen_files() {
  if (audit_) audit_->reopen();
}

}  // namespace sallyport::gateway
