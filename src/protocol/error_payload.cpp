#include "protocol/error_payload.hpp"

#include "base/dates.hpp"
#include "base/strings.hpp"
#include "errors/text.hpp"
#include "protocol/object_text.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {
namespace {

void add_extra(ObjectText& object, const Extra& extra) {
  if (const auto* flag = std::get_if<bool>(&extra.value)) {
    object.boolean(extra.key, *flag);
  } else if (const auto* number = std::get_if<std::int64_t>(&extra.value)) {
    object.raw(extra.key, std::to_string(*number));
  } else {
    object.text(extra.key, std::string_view(std::get<std::string>(extra.value)));
  }
}

// Codes and kinds of the chain, the nearest first.
std::optional<std::string> cause_text(const Error& error) {
  if (error.cause() == nullptr) return std::nullopt;
  std::string out;
  for (const Error* link = error.cause(); link != nullptr; link = link->cause()) {
    if (!out.empty()) out += " < ";
    out += wire_name(link->code());
    out += ' ';
    out += name(link->kind());
  }
  return out;
}

std::string context_json(const ErrorContext& context) {
  return ObjectText()
      .text("request_id", context.request_id)
      .text("user_id", context.user_id)
      .text("session_id", context.session_id)
      .text("server_name", context.server_name)
      .text("tool_name", context.tool_name)
      .text("operation", context.operation)
      .take();
}

// Typed fields only.
std::string technical_json(const GatewayFacts& facts) {
  if (facts.details && facts.details->technical_details)
    return extras_json(*facts.details->technical_details);
  if (!facts.timeout) return "null";
  const TimeoutFacts& timeout = *facts.timeout;
  return ObjectText()
      .number("timeout_duration", timeout.timeout_duration)
      .text("timeout_type", std::string_view(timeout.timeout_type))
      .text("escalation_level", name(escalation_level(timeout.timeout_type, timeout.elapsed)))
      .take();
}

std::string details_json(const GatewayFacts& facts, const Error& error) {
  static const ErrorDetails none;
  const ErrorDetails& details = facts.details ? *facts.details : none;
  return ObjectText()
      .number("retry_after", details.retry_after ? details.retry_after : retry_after_seconds(error))
      .text("user_message", details.user_message)
      .raw("technical_details", technical_json(facts))
      .texts("suggested_actions", details.suggested_actions)
      .take();
}

std::string envelope_json(const GatewayFacts& facts, const Error& error, Code code,
                          std::string_view message) {
  const ErrorContext& context = facts.context;
  return R"({"error":)" +
         ObjectText()
             .text("code", wire_name(code))
             .text("message", message)
             .text("severity", name(facts.severity))
             .text("recovery_strategy", name(facts.recovery_strategy))
             .text("correlation_id", std::string_view(context.correlation_id))
             .text("timestamp", std::string_view(format_rfc3339_millis(context.timestamp)))
             .raw("context", context_json(context))
             .raw("details", details_json(facts, error))
             .text("cause", cause_text(error))
             .take() +
         '}';
}

std::optional<std::string> unless_empty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warning", "error"};

std::string logs_json(const std::vector<ToolCallLog>& logs) {
  if (logs.empty()) return "null";
  std::string out = "[";
  for (const ToolCallLog& log : logs) {
    if (out.size() > 1) out += ',';
    out += ObjectText()
               .text("message", std::string_view(log.message))
               .text("level", level_names[static_cast<std::size_t>(log.level)])
               .text("subtype", log.subtype ? std::optional<std::string>("deprecation") : std::nullopt)
               .take();
  }
  return out + ']';
}

std::string authorization_json(const ToolCallRequiresAuthorization& wanted) {
  return ObjectText()
      .text("authorization_url", wanted.authorization_url)
      .text("authorization_id", wanted.authorization_id)
      .texts("scopes", wanted.scopes)
      .text("status", wanted.status)
      .take();
}

}  // namespace

std::string extras_json(std::span<const Extra> extras) {
  ObjectText object;
  for (auto it = extras.begin(); it != extras.end(); ++it) {
    if (std::find_if(extras.begin(), it, [&](const Extra& e) { return e.key == it->key; }) == it)
      add_extra(object, *it);
  }
  return object.take();
}

std::string to_dict(const envelope::MCPGatewayError& error) {
  return envelope_json(*error.error().authored()->gateway, error.error(), error.code(), error.message());
}

std::string to_dict(const Error& error, const ErrorContext& context, std::string_view message) {
  const CatalogRow& shown = shown_row(error);
  GatewayFacts facts{.severity = shown.severity, .recovery_strategy = shown.strategy, .context = context};
  facts.details.emplace();
  facts.details->suggested_actions.emplace(shown.suggested_actions.begin(), shown.suggested_actions.end());
  // Where existence is a secret, so is all that the error itself knows.
  const Error bare(shown.code);
  const bool secret = shown.code != error.code();
  return envelope_json(facts, secret ? bare : error, shown.code,
                       message.empty() ? what_failed(error) : std::string(message));
}

std::string to_payload(const ToolkitError& error) {
  constexpr std::array<std::string_view, 5> own = {"message", "developer_message", "kind", "can_retry",
                                                   "status_code"};
  ObjectText object;
  object.text("message", error.what())
      .text_or_null("developer_message", error.developer_message())
      .text("kind", name(error.kind()))
      .boolean("can_retry", error.can_retry())
      .number("status_code", error.status_code());
  for (const Extra& extra : error.extra()) {
    if (std::ranges::find(own, extra.key) == own.end()) add_extra(object, extra);
  }
  return object.take();
}

ToolCallError tool_call_error(const ToolkitError& error) {
  ToolCallError out{.message = error.what(),
                    .kind = error.kind(),
                    .developer_message = unless_empty(error.developer_message()),
                    .can_retry = error.can_retry(),
                    .additional_prompt_content = unless_empty(error.additional_prompt_content()),
                    .retry_after_ms = error.retry_after_ms(),
                    .stacktrace = error.stacktrace(),
                    .status_code = error.status_code()};
  if (!error.extra().empty()) out.extra.emplace(error.extra().begin(), error.extra().end());
  return out;
}

ToolCallOutput ToolCallOutput::succeeded(std::string_view json, std::vector<ToolCallLog> logs) {
  const bool nothing = json.empty() || json == "null";
  return {.outcome = Value{nothing ? R"("")" : std::string(json)}, .logs = std::move(logs)};
}

ToolCallOutput ToolCallOutput::failed(ToolCallError error, std::vector<ToolCallLog> logs) {
  if (is_blank(error.message)) error.message = "Unspecified error during tool execution";
  return {.outcome = std::move(error), .logs = std::move(logs)};
}

std::string to_json(const ToolCallError& error) {
  ObjectText object;
  object.text("message", std::string_view(error.message))
      .text("kind", name(error.kind))
      .text("developer_message", error.developer_message)
      .boolean("can_retry", error.can_retry)
      .text("additional_prompt_content", error.additional_prompt_content)
      .number("retry_after_ms", error.retry_after_ms)
      .text("stacktrace", error.stacktrace)
      .number("status_code", error.status_code);
  if (error.extra) {
    object.raw("extra", extras_json(*error.extra));
  } else {
    object.null("extra");
  }
  return object.take();
}

std::string to_json(const ToolCallOutput& output) {
  const auto* value = std::get_if<ToolCallOutput::Value>(&output.outcome);
  const auto* error = std::get_if<ToolCallError>(&output.outcome);
  const auto* wanted = std::get_if<ToolCallRequiresAuthorization>(&output.outcome);
  return ObjectText()
      .raw("value", value != nullptr ? value->json : "null")
      .raw("logs", logs_json(output.logs))
      .raw("error", error != nullptr ? to_json(*error) : "null")
      .raw("requires_authorization", wanted != nullptr ? authorization_json(*wanted) : "null")
      .take();
}

std::string to_json(const ToolCallResponse& response) {
  return ObjectText()
      .text("execution_id", std::string_view(response.execution_id))
      .text("finished_at", std::string_view(format_rfc3339_millis(response.finished_at)))
      .number("duration", response.duration)
      .boolean("success", response.success())
      .raw("output", to_json(response.output))
      .take();
}

}  // namespace sallyport::protocol
