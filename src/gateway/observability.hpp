// Who listens to finished calls, and the audit record: made from the configuration, begun before the first
// call and ended after the last.
#pragma once

#include "config/config.hpp"
#include "task/loop.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/audit_log.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/otlp_export.hpp"

#include <memory>
#include <optional>

namespace sallyport::gateway {

class Observability {
 public:
  // Opens the audit file: what is wrong with it is what open() returns.
  Observability(task::Loop& loop, telemetry::Registry& metrics, const config::Config& config);

  // Begins to listen at `hub`, which outlives this.
  Result<void> open(telemetry::CallHub& hub);
  // Writes and sends what is held back; what nobody takes by `until` is lost.
  Task<void> close(SteadyTime until);

  telemetry::AuditLog* audit() noexcept { return audit_.get(); }  // null: there is none
  // After external rotation of files.
  void reopen_files();

 private:
  Result<void> open_otlp();

  task::Loop* loop_;
  const config::Telemetry config_;
  telemetry::Registry* metrics_;
  telemetry::CallHub* hub_ = nullptr;
  std::optional<Error> failed_;
  std::unique_ptr<telemetry::AuditLog> audit_;
  std::optional<telemetry::AccessLog> access_log_;
  std::optional<telemetry::OtlpExport> otlp_;
};

}  // namespace sallyport::gateway
