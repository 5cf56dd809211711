#include "pipeline/outcome.hpp"

namespace sallyport::pipeline {

telemetry::Outcome outcome(const Error& error) {
  telemetry::Outcome made;
  made.code = error.code();
  made.kind = error.kind();
  made.executed = error.executed();
  return made;
}

telemetry::Outcome outcome(const Answer& answer) {
  telemetry::Outcome made;
  made.executed = Executed::yes;
  made.degraded = answer.degraded;
  made.response_bytes = answer.bytes.size();
  const protocol::Message& message = answer.message;
  if (message.kind() == protocol::MessageKind::error_response) {
    made.rpc_code = message.error_code(answer.bytes);
  } else {
    made.tool_error = message.is(protocol::Field::is_error, json::Type::true_value);
  }
  if (made.rpc_code || made.tool_error) {
    made.code = Code::tool_execution_failed;
    made.kind = row(Code::tool_execution_failed).kind;
  }
  return made;
}

telemetry::Outcome outcome(const Reply& reply) {
  if (const auto* failed = std::get_if<Failed>(&reply)) {
    telemetry::Outcome made = outcome(failed->error);
    made.response_bytes = failed->failure->text.size();
    return made;
  }
  if (const auto* answer = std::get_if<std::unique_ptr<Answer>>(&reply)) return outcome(**answer);
  telemetry::Outcome made;
  const Local& local = std::get<Local>(reply);
  made.degraded = local.degraded;
  made.response_bytes = local.result->size();
  return made;
}

}  // namespace sallyport::pipeline
