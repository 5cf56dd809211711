#include "server/failing.hpp"

#include "errors/authored.hpp"
#include "server/exposure.hpp"
#include "telemetry/log.hpp"

namespace sallyport::server {
namespace {

// The text for the agent is its author's.
void put_words_of_author(protocol::CanonicalFailure& failure, const Error& error) {
  const Authored* authored = error.authored();
  if (!authored || authored->message.empty()) return;
  failure.text = authored->message;
  if (!authored->additional_prompt_content.empty())
    failure.text.append("\n\n").append(authored->additional_prompt_content);
}

// Its fields are what dashboards are built on.
void log_failure(const Asked& asked, const Error& error, std::string_view text) {
  const std::string status = error.status_code() ? std::to_string(*error.status_code()) : std::string("none");
  const auto say = [&](auto... more) {
    log::warn("a request failed", {{"method", protocol::name(asked.method)},
                                   {"tool_name", asked.tool},
                                   {"error_kind", name(error.kind())},
                                   {"error_message", text},
                                   {"error_status_code", status},
                                   {"error_can_retry", error.can_retry()},
                                   {"ref", asked.correlation.hex()},
                                   {"error", error},
                                   more...});
  };
  if (!asked.trace || !asked.trace->active()) return say();
  say(log::Field{"trace", asked.trace->id.hex()}, log::Field{"span", asked.trace->span.hex()});
}

}  // namespace

Asked asked_by(const pipeline::Call& call) {
  return {call.method(), call.correlation, call.shown_name, call.idempotent, &call.trace};
}

protocol::CanonicalFailure told(const Asked& asked, const Error& error) {
  protocol::FailureContext context;
  context.correlation = asked.correlation;
  context.tool = asked.tool;
  context.tools_call = asked.method == protocol::Method::tools_call;
  context.idempotent = asked.idempotent;
  if (error.authored()) context.additional_prompt_content = error.authored()->additional_prompt_content;
  protocol::CanonicalFailure failure = protocol::render(error, context);
  put_words_of_author(failure, error);
  return failure;
}

pipeline::Failed failed(const Asked& asked, Error error, const task::Scope& scope) {
  if (error.code() == Code::proto_cancelled && scope.reason() == task::CancelReason::shutdown) {
    Error ended(error.executed() == Executed::no ? Code::limit_deadline_exhausted : Code::tool_timeout);
    ended.with_can_retry(false).with_executed(error.executed()).with_cause(error);
    error = std::move(ended);
  }
  protocol::CanonicalFailure failure = told(asked, error);
  if (error.code() != Code::proto_cancelled) log_failure(asked, error, failure.text);
  failure.text += debug_text(error, exposure());
  return {std::move(error), std::move(failure)};
}

}  // namespace sallyport::server
