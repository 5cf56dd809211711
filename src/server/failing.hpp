// What clients and the log are told of a request that failed.
#pragma once

#include "pipeline/call.hpp"
#include "task/scope.hpp"

#include <string>
#include <string_view>

namespace sallyport::server {

// Of the request, for its failure.
struct Asked {
  protocol::Method method;
  CorrelationId correlation;
  std::string_view tool;  // empty: none
  bool idempotent = false;
  const telemetry::Trace* trace = nullptr;
};
Asked asked_by(const pipeline::Call& call);

// What the caller is told of it.
protocol::CanonicalFailure told(const Asked& asked, const Error& error);

// Logs the failure and renders it; a wait that `scope` ended says why it did.
pipeline::Failed failed(const Asked& asked, Error error, const task::Scope& scope);

}  // namespace sallyport::server
