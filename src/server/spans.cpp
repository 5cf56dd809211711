#include "server/spans.hpp"

#include "pipeline/outcome.hpp"
#include "pipeline/record.hpp"
#include "pipeline/trace.hpp"
#include "server/failing.hpp"
#include "server/results.hpp"

#include <string>

namespace sallyport::server {
namespace {

using protocol::Method;

bool is_local(std::string_view source) {
  return source == "stdio" || source == "::1" || source.starts_with("127.") || source.starts_with("unix");
}

telemetry::Outcome outcome_of(const Error* failed, bool says_error) {
  if (failed) return pipeline::outcome(*failed);
  return pipeline::answered(says_error);
}

bool says_error(const pipeline::Call& call, const pipeline::Reply& reply) {
  const auto* local = std::get_if<pipeline::Local>(&reply);
  return call.method() == Method::tools_call && local && server::says_error(*local->result);
}

}  // namespace

RequestSpan::RequestSpan(const telemetry::CallHub& hub, task::Timers& timers, pipeline::Call& call)
    : hub_(&hub), timers_(&timers), call_(&call), started_(timers.now()) {
  if (hub.tracing())
    call.trace = pipeline::begin_trace(call, call.principal->grant || is_local(call.principal->source));
}

void RequestSpan::end(const pipeline::Reply& reply) const {
  if (!hub_->listening() || !call_->trace.active()) return;
  const auto* failed = std::get_if<pipeline::Failed>(&reply);
  std::string words;
  telemetry::CallRecord record =
      pipeline::record_of(*call_, timers_->clock().system_now(), timers_->now() - started_);
  // The name of a tool, if there is one; nothing that the client alone knows.
  if (record.method == Method::tools_call) record.target = call_->shown_name;
  record.listed = !record.target.empty();
  record.outcome = outcome_of(failed ? &failed->error : nullptr, says_error(*call_, reply));
  record.outcome.response_bytes = pipeline::outcome(reply).response_bytes;
  if (failed) {
    words = told(asked_by(*call_), failed->error).text;  // without what exposure.hpp adds for agents
    record.error = &failed->error;
    record.told = words;
  }
  hub_->finished(record);
}

FunctionSpan::FunctionSpan(const telemetry::CallHub& hub, Running& running, Method method,
                           std::string_view name)
    : hub_(&hub), running_(&running), method_(method), name_(name), started_(running.loop().now()) {
  if (running.trace().active()) running.begin_span();
}

void FunctionSpan::end(const Error* failed, bool says_error) const {
  if (!hub_->listening() || !running_->trace().active()) return;
  const std::string correlation = running_->correlation();
  std::string words;
  telemetry::RunRecord record;
  record.took = running_->loop().now() - started_;
  record.started =
      running_->loop().clock().system_now() - std::chrono::duration_cast<SystemTime::duration>(record.took);
  record.method = method_;
  record.target = name_;
  record.outcome = outcome_of(failed, says_error);
  record.correlation = correlation;
  record.trace = running_->trace();
  if (failed) {
    words = told({method_, {}, method_ == Method::tools_call ? name_ : std::string_view()}, *failed).text;
    record.error = failed;
    record.told = words;
  }
  hub_->finished(record);
}

}  // namespace sallyport::server
