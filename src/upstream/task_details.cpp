#include "upstream/task_details.hpp"

#include "classify/classify.hpp"
#include "json/text.hpp"
#include "protocol/questions.hpp"
#include "protocol/rewrite.hpp"

namespace sallyport::upstream {
namespace {

using protocol::Field;
using protocol::TaskStatus;

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

// The raw result of a call, or the raw error, within what a task says.
Result<std::string> nested(std::string_view member, std::string_view value) {
  const std::string text =
      R"({"jsonrpc":"2.0","id":0,")" + std::string(member) + R"(":)" + std::string(value) + "}";
  const auto message = protocol::parse_message(
      text, {.max_keys = UINT32_MAX, .max_string = text.size(), .max_bytes = text.size()});
  if (!message) return fail(malformed_task());
  if (message->kind() == protocol::MessageKind::result_response) {
    std::string storage;
    return std::string(protocol::rewrite_result(text, *message, protocol::Method::tools_call,
                                                protocol::latest_modern, storage));
  }
  const std::string error =
      protocol::rewrite_error(text, *message, protocol::Method::tools_call, "0", protocol::latest_modern);
  return std::string(json::find_member(error, whole(error), "error").value.of(error));
}

Result<std::string> questions(const pipeline::Answer& answer, const protocol::ClientCapabilities& can) {
  const auto input = protocol::read_input_required(answer.message, answer.bytes);
  if (!input) return fail(malformed_task());
  std::string out = R"(,"inputRequests":{)";
  for (const protocol::Question& question : input->questions) {
    if (!protocol::covers(can, protocol::needed(question)))
      return fail(Error(Code::proto_cannot_bridge)
                      .with_executed(Executed::no)
                      .with_slot(Slot::constraint, "the task asks for what this client cannot be asked"));
    if (out.back() != '{') out += ',';
    out.append(question.key).append(R"(:{"method":")").append(protocol::name(question.method)).append("\"");
    const std::string params = TRY(protocol::question_params(question, protocol::latest_modern));
    if (!params.empty()) out.append(R"(,"params":)").append(params);
    out += '}';
  }
  return out += '}';
}

}  // namespace

Error malformed_task() {
  classify::Context context;
  context.phase = Phase::decode;
  return classify::make_error(classify::FailureClass::protocol, context).with_can_retry(false);
}

Result<std::string> task_details(const pipeline::Answer& answer, TaskStatus status,
                                 const protocol::ClientCapabilities& can) {
  if (status == TaskStatus::input_required) return questions(answer, can);
  if (status != TaskStatus::completed && status != TaskStatus::failed) return std::string();
  const std::string_view member = status == TaskStatus::completed ? "result" : "error";
  const json::Value value =
      json::find_member(answer.bytes, answer.message[Field::result].value.span, member).value;
  if (!value.is(json::Type::object)) return fail(malformed_task());
  return R"(,")" + std::string(member) + R"(":)" + TRY(nested(member, value.of(answer.bytes)));
}

std::string task_error(const protocol::CanonicalFailure& failure) {
  const std::string text = protocol::to_jsonrpc_error(failure, "0", protocol::latest_modern);
  return R"(,"error":)" + std::string(json::find_member(text, whole(text), "error").value.of(text));
}

Error task_lost(std::string_view server) {
  return Error(Code::tool_server_unavailable)
      .with_executed(Executed::maybe)
      .with_can_retry(false)
      .with_slot(Slot::server, server);
}

}  // namespace sallyport::upstream
