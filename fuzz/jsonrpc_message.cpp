// Any bytes as a JSON-RPC message: whatever parses must hold together through every function that reads it.
#include "json/splice.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/completion.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/message.hpp"
#include "protocol/rewrite.hpp"
#include "protocol/tasks.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport;
using namespace sallyport::protocol;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_message(std::string_view text, MessageKind kind) {
  const auto parsed = parse_message(text);
  return parsed && parsed->kind() == kind;
}

// What is read of a task is written so that it is read again.
void read_tasks(const Message& message, std::string_view bytes) {
  for (const Revision revision : {Revision::v2025_11_25, Revision::v2026_07_28}) {
    static_cast<void>(read_task_wish(message, bytes, revision));
    static_cast<void>(declares_tasks(message.raw(Field::meta_capabilities, bytes)));
    static_cast<void>(listen_tasks(message, bytes));
    for (const Field field : {Field::params, Field::result}) {
      if (!message.is(field, json::Type::object)) continue;
      const auto seen = read_task(bytes, message[field].value.span, revision);
      if (!seen) continue;
      std::string members;
      append_task(members, seen->state(seen->id), revision);
      const std::string object = "{" + members + "}";
      const auto again = read_task(object, {0, static_cast<std::uint32_t>(object.size())}, revision);
      require(again && again->id == seen->id && again->status == seen->status);
    }
  }
}

void read_call(const Message& message, std::string_view bytes) {
  static_cast<void>(check_params(message, bytes));
  static_cast<void>(classify_stdio(message, bytes, std::nullopt));
  const EdgeHeaders headers{
      .protocol_version = "2026-07-28", .method = name(message.method()), .name = "=?base64?YQ==?="};
  const auto edge = classify_http(message, bytes, headers);
  if (!edge) require(edge.error().http_status == 400 || edge.error().http_status == 404);
  std::string scratch;
  const auto tool = message.text(Field::name, bytes, scratch);
  if (message.method() == Method::tools_call && tool && check_params(message, bytes)) {
    const std::string rebuilt =
        tools_call_request("1", latest_modern, *tool, message.raw(Field::arguments, bytes), {});
    require(is_message(rebuilt, MessageKind::request));
  }
  if (message.method() == Method::completion_complete) {
    if (const auto asked = read_completion(message, bytes))
      require(is_message(
          request("1", latest_modern, Method::completion_complete, completion_params(*asked, asked->ref), {}),
          MessageKind::request));
  }
  if (message.method() == Method::subscriptions_listen) static_cast<void>(listen_topics(message, bytes));
  if (message.method() == Method::notifications_progress && check_params(message, bytes))
    require(is_message(rewrite_progress(bytes, message, "7"), message.kind()));
}

void read_as(const Message& message, std::string_view bytes, Method method, Revision revision) {
  if (message.kind() == MessageKind::error_response) {
    require(is_message(rewrite_error(bytes, message, method, "1", revision), MessageKind::error_response));
    return;
  }
  static_cast<void>(classify_result(message, bytes));
  static_cast<void>(read_capabilities(message, bytes, revision));
  std::string storage;
  const auto result = rewrite_result(bytes, message, method, revision, storage);
  const std::string response = result_response(message.id(bytes), result);
  const auto again = parse_message(response);
  require(again && again->kind() == MessageKind::result_response);
  require(again->id(response) == message.id(bytes));
  const bool modern = era(revision) == Era::modern;
  require(again->has(Field::result_type) || !modern);
  require(!again->has(Field::ttl_ms) || modern);
  // A rewritten result needs no second rewriting.
  std::string more;
  if (!modern)
    require(rewrite_result(response, *again, method, revision, more) == again->raw(Field::result, response));
}

void read_response(const Message& message, std::string_view bytes) {
  for (const Method method : {Method::tools_call, Method::prompts_get, Method::resources_read}) {
    for (const Revision revision : {Revision::v2024_11_05, latest_legacy, latest_modern})
      read_as(message, bytes, method, revision);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = parse_message(bytes);
  if (message) {
    require(message->id(bytes).size() <= max_id_bytes);
    read_tasks(*message, bytes);
    message->is_response() ? read_response(*message, bytes) : read_call(*message, bytes);
    return 0;
  }
  const BadMessage& bad = message.error();
  require(bad.id.empty() || json::scan(bad.id));
  if (bad.flaw != Flaw::batch) return 0;
  const auto batch = parse_batch(bytes);
  if (!batch) return 0;
  require(!batch->empty() && batch->size() <= max_batch);
  for (const json::Span element : *batch) {
    const auto inner = parse_message(element.of(bytes));
    require(inner || inner.error().flaw != Flaw::not_json);
  }
  return 0;
}
