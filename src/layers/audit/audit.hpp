// Writes the audit record of every call that a server is asked for, those that were refused among them.
#pragma once

#include "pipeline/call.hpp"
#include "task/timers.hpp"
#include "telemetry/audit_log.hpp"

namespace sallyport::layers {

class Audit final : public pipeline::Layer {
 public:
  Audit(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::AuditLog* log)
      : Layer(std::move(next)), timers_(&timers), log_(log) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  // With `on_failure: refuse` nothing goes on of which there is no record.
  Task<void> announce(const pipeline::Call& call);

  task::Timers* timers_;
  telemetry::AuditLog* log_;
};

}  // namespace sallyport::layers
