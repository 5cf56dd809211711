#include "errors/authored.hpp"

#include "base/ids.hpp"
#include "base/strings.hpp"

#include <array>

namespace sallyport {
namespace {

constexpr std::size_t max_message_bytes = 4096;
constexpr std::size_t max_prompt_bytes = std::size_t{16} * 1024;
constexpr std::size_t max_value_bytes = 256;
constexpr std::size_t max_action_bytes = 512;
constexpr std::size_t max_extras = 32;
constexpr std::size_t max_actions = 16;

void cut(std::string& text, std::size_t max_bytes) {
  text.resize(clip(text, max_bytes).size());
}

void cut(std::optional<std::string>& text, std::size_t max_bytes) {
  if (text) cut(*text, max_bytes);
}

void cut(Extras& extras) {
  if (extras.size() > max_extras) extras.resize(max_extras);
  for (Extra& extra : extras) {
    cut(extra.key, max_value_bytes);
    if (auto* text = std::get_if<std::string>(&extra.value)) cut(*text, max_value_bytes);
  }
}

void cut(ErrorContext& context) {
  cut(context.correlation_id, max_value_bytes);
  for (std::optional<std::string>* field : {&context.request_id, &context.user_id, &context.session_id,
                                            &context.server_name, &context.tool_name, &context.operation})
    cut(*field, max_value_bytes);
  cut(context.additional_context);
}

void cut(ErrorDetails& details) {
  cut(details.message, max_message_bytes);
  cut(details.user_message, max_message_bytes);
  if (details.technical_details) cut(*details.technical_details);
  if (!details.suggested_actions) return;
  if (details.suggested_actions->size() > max_actions) details.suggested_actions->resize(max_actions);
  for (std::string& action : *details.suggested_actions) cut(action, max_action_bytes);
}

struct Thresholds {
  std::string_view type;
  double warning;
  double critical;
};

constexpr std::array<Thresholds, 5> thresholds = {{
    {"guardrail", 5, 10},
    {"tool_execution", 30, 60},
    {"network", 10, 30},
    {"auth", 5, 15},
    {"discovery", 15, 30},
}};
constexpr Thresholds any_other = {{}, 10, 30};

constexpr std::array<std::string_view, 3> level_names = {"normal", "warning", "critical"};

std::string_view middle_of_prefix(ErrorClass error_class) {
  if (is_a(error_class, ErrorClass::tool_runtime_error)) return " during execution of tool '";
  if (is_a(error_class, ErrorClass::tool_definition_error)) return " in definition of tool '";
  if (is_a(error_class, ErrorClass::toolkit_load_error)) return " when loading toolkit '";
  return {};
}

}  // namespace

std::string new_correlation_text() {
  return CorrelationId::make().hex();
}

Authored bounded(Authored authored) {
  cut(authored.message, max_message_bytes);
  cut(authored.additional_prompt_content, max_prompt_bytes);
  cut(authored.context_name, max_value_bytes);
  if (!is_a(authored.error_class, ErrorClass::mcp_gateway_error))
    authored.gateway.reset();
  else if (!authored.gateway)
    authored.gateway.emplace();
  if (authored.gateway) {
    cut(authored.gateway->context);
    if (authored.gateway->details) cut(*authored.gateway->details);
    if (authored.gateway->timeout) cut(authored.gateway->timeout->timeout_type, max_value_bytes);
  }
  return authored;
}

std::string message_prefix(ErrorClass error_class, Kind kind, std::string_view context_name) {
  const std::string_view middle = middle_of_prefix(error_class);
  if (middle.empty() || context_name.empty()) return {};
  std::string prefix = "[";
  prefix += name(kind);
  prefix += "] ";
  prefix += name(error_class);
  prefix += middle;
  prefix += context_name;
  prefix += "': ";
  return prefix;
}

std::string_view name(EscalationLevel level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

EscalationLevel escalation_level(std::string_view timeout_type, double elapsed) noexcept {
  const Thresholds* of_type = &any_other;
  for (const Thresholds& entry : thresholds) {
    if (entry.type == timeout_type) of_type = &entry;
  }
  if (elapsed >= of_type->critical) return EscalationLevel::critical;
  return elapsed >= of_type->warning ? EscalationLevel::warning : EscalationLevel::normal;
}

}  // namespace sallyport
