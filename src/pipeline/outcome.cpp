#include "pipeline/outcome.hpp"

namespace sallyport::pipeline {

telemetry::Outcome outcome(const Error& error) {
  telemetry::Outcome made;
  made.code = error.code();
  made.kind = error.kind();
  made.executed = error.executed();
  return made;
}

telemetry::Outcome answered(bool tool_error, std::optional<int> rpc_code) {
  telemetry::Outcome made;
  made.executed = Executed::yes;
  made.tool_error = tool_error;
  made.rpc_code = rpc_code;
  if (rpc_code || tool_error) {
    made.code = Code::tool_execution_failed;
    made.kind = row(Code::tool_execution_failed).kind;
  }
  return made;
}

telemetry::Outcome outcome(const Answer& answer) {
  const protocol::Message& message = answer.message;
  telemetry::Outcome made = message.kind() == protocol::MessageKind::error_response
                                ? answered(false, message.error_code(answer.bytes))
                                : answered(message.is(protocol::Field::is_error, json::Type::true_value));
  made.degraded = answer.degraded;
  made.response_bytes = answer.bytes.size();
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
