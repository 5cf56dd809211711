#include "server/spans.hpp"

#include "pipeline/outcome.hpp"
#include "pipeline/trace.hpp"
#include "server/failing.hpp"

#include <string>

namespace sallyport::server {
namespace {

using protocol::Method;

bool is_local(std::string_view source) {
  return source == "stdio" || source == "::1" || source.starts_with("127.") || source.starts_with("unix");
}

telemetry::Outcome outcome_of(const Error* failed, bool says_error) {
  if (failed) return pipeline::outcome(*failed);
  telemetry::Outcome outcome;
  outcome.executed = Executed::yes;
  if (says_error) {
    outcome.tool_error = true;
    outcome.code = Code::tool_execution_failed;
    outcome.kind = row(Code::tool_execution_failed).kind;
  }
  return outcome;
}

bool says_error(const pipeline::Call& call, const pipeline::Reply& reply) {
  const auto* local = std::get_if<pipeline::Local>(&reply);
  if (call.method() != Method::tools_call || !local) return false;
  return Json::trusted(*local->result).find("isError").value_or(Json()).as_bool().value_or(false);
}

// Without the client's own text: the name of a tool is there if there is one.
std::string target_of(const pipeline::Call& call) {
  if (call.method() == Method::tools_call) return std::string(call.shown_name);
  return {};
}

SystemTime date_of(const task::Timers& timers, SteadyTime started) {
  return timers.clock().system_now() -
         std::chrono::duration_cast<SystemTime::duration>(timers.now() - started);
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
  const std::string target = target_of(*call_);
  std::string words;
  telemetry::CallRecord record;
  record.started = date_of(*timers_, started_);
  record.took = timers_->now() - started_;
  record.revision = call_->revision;
  record.method = call_->method();
  record.request_id = call_->message->id(call_->bytes);
  record.principal = call_->principal->name;
  record.source = call_->principal->source;
  record.session = call_->session;
  record.target = target;
  record.listed = !target.empty();
  record.request_bytes = call_->bytes.size();
  record.correlation = call_->correlation;
  record.trace = call_->trace;
  record.outcome = outcome_of(failed ? &failed->error : nullptr, says_error(*call_, reply));
  record.outcome.response_bytes = pipeline::outcome(reply).response_bytes;
  if (failed) {
    words = told(asked_by(*call_), failed->error).text;
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
  record.started = date_of(running_->loop().timers(), started_);
  record.took = running_->loop().now() - started_;
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
