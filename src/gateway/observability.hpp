// Who listens to finished calls, and the audit record: made from the configuration, begun before the first
// call, exchanged by a reload, ended after the last.
#pragma once

#include "config/config.hpp"
#include "task/group.hpp"
#include "task/loop.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/audit_log.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/otlp_export.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace sallyport::gateway {

class Observability {
 public:
  using Audit = std::shared_ptr<telemetry::AuditLog>;

  // Opens the audit file: what is wrong with it is what open() returns.
  Observability(task::Loop& loop, telemetry::Registry& metrics, const config::Config& config);

  // Begins to listen at `hub`, which outlives this.
  Result<void> open(telemetry::CallHub& hub);

  // What another configuration asks for, ready and not yet in use. The error says what cannot be had.
  struct Opened {
    config::Config config;
    Audit audit{};
    bool exports_anew = false;
    std::unique_ptr<telemetry::OtlpExport> otlp{};  // if so: the next one, or none
  };
  Result<Opened> prepare(const config::Config& config);
  // The former audit file ends with the last call that is recorded in it; what the former export holds back
  // it still sends.
  void exchange(Opened opened);

  // Writes and sends what is held back; what nobody takes by `until` is lost.
  Task<void> close(SteadyTime until);

  const Audit& audit() const noexcept { return audit_; }  // null: there is none
  // The record of an event for the collector; nobody gets it without one.
  void event(std::string otlp_record) {
    if (otlp_) otlp_->event(std::move(otlp_record));
  }
  // After external rotation of files.
  void reopen_files();

 private:
  Result<Audit> open_audit(const config::Audit& wanted);
  Result<std::unique_ptr<telemetry::OtlpExport>> make_export(const config::Telemetry& wanted);
  void follow_log_level();

  task::Loop* loop_;
  telemetry::Registry* metrics_;
  config::Config config_;
  telemetry::CallHub* hub_ = nullptr;
  std::optional<Error> failed_;
  task::Group group_;  // what ends by itself: former files and exports
  Audit audit_;
  std::vector<std::weak_ptr<telemetry::AuditLog>> former_;  // that calls may still be recorded in
  std::optional<telemetry::AccessLog> access_log_;
  std::unique_ptr<telemetry::OtlpExport> otlp_;
};

}  // namespace sallyport::gateway
