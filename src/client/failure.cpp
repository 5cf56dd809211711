#include "client/failure.hpp"

#include "classify/jsonrpc.hpp"

namespace sallyport::client {

Error failure(classify::FailureClass kind, std::string_view detail) {
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.handed_over = true;
  context.detail = detail;
  return classify::make_error(kind, context);
}

Error never_sent(classify::FailureClass kind, std::string_view detail) {
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.executed = Executed::no;
  context.detail = detail;
  return classify::make_error(kind, context);
}

Error refused_to_begin(const pipeline::Answer& answer) {
  std::string scratch;
  classify::Context context;
  context.operation = classify::Operation::discovery;
  context.executed = Executed::no;  // of ours: no call had begun
  context.detail = answer.message.text(protocol::Field::error_message, answer.bytes, scratch).value_or("");
  return classify::from_jsonrpc(answer.message.error_code(answer.bytes), std::nullopt, context);
}

}  // namespace sallyport::client
