#include "protocol/failure.hpp"

#include "errors/text.hpp"
#include "json/scanner.hpp"
#include "protocol/envelope.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::protocol {

namespace {

constexpr int internal_error = -32603;
constexpr std::string_view error_key = R"("dev.sallyport/error":)";

// Where existence is a secret, whatever the error knows beyond the names that the caller used or may see is
// left behind: a denied tool and one that never existed must give the same bytes.
bool hides_existence(const Error& error) {
  return shown_row(error).code == Code::tool_not_found;
}

// The only names of a request that an answer may repeat.
bool may_be_repeated(std::string_view name) {
  constexpr std::size_t max_name = 128;
  return !name.empty() && name.size() <= max_name && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '.' || c == '-';
  });
}

Error disguise(const Error& error) {
  Error shown(shown_row(error).code);
  shown.with_executed(Executed::no);
  for (const Slot slot : {Slot::tool, Slot::suggestion})
    if (const SlotValue* value = error.slot(slot); value != nullptr)
      if (const auto* text = std::get_if<std::string>(value); text != nullptr && may_be_repeated(*text))
        shown.with_slot(slot, *text);
  return shown;
}

// Appends `"key":value` pairs of one object, commas in between.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view key, std::string_view value) {
    append_key(key);
    json::append_quoted(out_, value);
  }
  void text_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void raw(std::string_view key, std::string_view value) {
    append_key(key);
    out_ += value;
  }
  void number(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
  void close() { out_ += '}'; }

 private:
  // Keys are ours: none needs an escape.
  void append_key(std::string_view key) {
    if (!std::exchange(first_, false)) out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

std::string quoted_list(std::span<const std::string_view> words) {
  std::string list = "[";
  for (const std::string_view word : words) {
    if (list.size() > 1) list += ',';
    json::append_quoted(list, word);
  }
  list += ']';
  return list;
}

std::string recovery_object(const RecoveryNote& note) {
  std::string text;
  ObjectWriter object(text);
  object.text("strategy", name(note.strategy));
  object.number("attempts", note.attempts);
  object.text_if_any("outcome", note.outcome);
  object.close();
  return text;
}

std::string error_object(const Error& error, const FailureContext& context, std::string_view correlation) {
  const CatalogRow& shown = shown_row(error);
  std::string text;
  text.reserve(384);
  ObjectWriter object(text);
  object.text("code", shown.wire_name);
  object.text("kind", name(error.kind()));
  object.text("severity", name(shown.severity));
  object.text("executed", name(error.executed()));
  object.raw("canRetry", call_can_retry(error, context.idempotent || !context.tools_call) ? "true" : "false");
  if (const auto delay = error.retry_after()) object.number("retryAfterMs", delay->count());
  if (const auto status = error.status_code()) object.number("statusCode", *status);
  if (const auto status = error.wire_status()) object.number("wireStatus", *status);
  if (context.recovery) object.raw("recovery", recovery_object(*context.recovery));
  object.text_if_any("server", context.server);
  object.text_if_any("tool", context.tool);
  object.text("correlationId", correlation);
  if (!shown.suggested_actions.empty()) object.raw("suggestedActions", quoted_list(shown.suggested_actions));
  object.text_if_any("additionalPromptContent", context.additional_prompt_content);
  object.text("docs", "errors#" + std::string(shown.wire_name));
  object.close();
  return text;
}

// Those who fail deep below do not know for whom: the text names server and tool all the same.
Error with_names(Error error, const FailureContext& context) {
  if (!context.server.empty() && error.slot(Slot::server) == nullptr)
    error.with_slot(Slot::server, context.server);
  if (!context.tool.empty() && error.slot(Slot::tool) == nullptr) error.with_slot(Slot::tool, context.tool);
  return error;
}

std::string_view without_braces(std::string_view object) {
  return object.size() < 2 ? std::string_view() : object.substr(1, object.size() - 2);
}

CanonicalFailure make(const Error& error, const FailureContext& context) {
  const CatalogRow& shown = shown_row(error);
  const std::string correlation = context.correlation.hex();
  const bool in_result = shown.surface == Surface::tool && context.tools_call;
  return {
      .code = shown.code,
      .surface = shown.surface == Surface::tool && !in_result ? Surface::rpc : shown.surface,
      .text = render_text(error, correlation,
                          {.idempotent = context.idempotent, .tool_call = context.tools_call}),
      .object = error_object(error, context, correlation),
      .spec_data = std::string(without_braces(error.spec_data())),
      .rpc_code_legacy = shown.rpc_code_legacy != 0 ? shown.rpc_code_legacy : internal_error,
      .rpc_code_modern = shown.rpc_code_modern != 0 ? shown.rpc_code_modern : internal_error,
      .retry_after_seconds = retry_after_seconds(error),
  };
}

void append_error_data(std::string& out, const CanonicalFailure& failure) {
  out += R"(,"data":{)";
  out += failure.spec_data;
  if (!failure.spec_data.empty()) out += ',';
  out += error_key;
  out += failure.object;
  out += '}';
}

}  // namespace

CanonicalFailure render(const Error& error, const FailureContext& context) {
  if (!hides_existence(error)) return make(with_names(error, context), context);
  return make(disguise(error), {.correlation = context.correlation, .tools_call = context.tools_call});
}

std::string to_tool_result(const CanonicalFailure& failure, Revision revision) {
  const bool modern = era(revision) == Era::modern;
  std::string out;
  out.reserve(failure.text.size() + failure.object.size() + 256);
  out += R"({"content":[{"type":"text","text":)";
  json::append_quoted(out, failure.text);
  out += R"(}],"isError":true,)";
  if (modern) out += R"("resultType":"complete",)";
  out += R"("_meta":{)";
  out += error_key;
  out += failure.object;
  if (modern) {
    out += R"(,"io.modelcontextprotocol/serverInfo":)";
    out += implementation();
  }
  out += "}}";
  return out;
}

std::string to_jsonrpc_error(const CanonicalFailure& failure, std::string_view id, Revision revision) {
  const bool modern = era(revision) == Era::modern;
  std::string out;
  out.reserve(failure.text.size() + failure.object.size() + failure.spec_data.size() + id.size() + 128);
  out += R"({"jsonrpc":"2.0",)";
  if (!id.empty() || !modern) {
    out += R"("id":)";
    out += id.empty() ? "null" : id;
    out += ',';
  }
  out += R"("error":{"code":)";
  out += std::to_string(modern ? failure.rpc_code_modern : failure.rpc_code_legacy);
  out += R"(,"message":)";
  json::append_quoted(out, failure.text);
  append_error_data(out, failure);
  out += "}}";
  return out;
}

std::string to_response(const CanonicalFailure& failure, std::string_view id, Revision revision) {
  if (failure.surface == Surface::none) return {};
  if (failure.surface != Surface::tool) return to_jsonrpc_error(failure, id, revision);
  return result_response(id, to_tool_result(failure, revision));
}

}  // namespace sallyport::protocol
