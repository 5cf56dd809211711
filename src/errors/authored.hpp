// What somebody who raises an error himself says beyond its code and kind: his message for the agent, and the
// context and details of the gateway's envelope. An Error carries it, so that nothing is lost between the
// two.
#pragma once

#include "errors/error_class.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

using Extras = std::vector<Extra>;

// 32 hexadecimal characters that nobody had before.
std::string new_correlation_text();

// Whom and what an error was about.
struct ErrorContext {
  std::string correlation_id = new_correlation_text();
  std::optional<std::string> request_id = {};
  std::optional<std::string> user_id = {};
  std::optional<std::string> session_id = {};
  std::optional<std::string> server_name = {};
  std::optional<std::string> tool_name = {};
  std::optional<std::string> operation = {};
  std::chrono::system_clock::time_point timestamp = std::chrono::system_clock::now();
  Extras additional_context = {};  // kept, never serialised
};

// Whoever raises the error fills in what he knows; code, message, severity and strategy are always those of
// the error itself.
struct ErrorDetails {
  Code code = Code::system_internal_error;
  std::string message = {};
  Severity severity = Severity::medium;
  Strategy recovery_strategy = Strategy::fail_closed;
  std::optional<std::int64_t> retry_after = {};  // seconds
  std::optional<std::string> user_message = {};
  std::optional<Extras> technical_details = {};
  std::optional<std::vector<std::string>> suggested_actions = {};
};

// What a TimeoutError knows beyond the others.
struct TimeoutFacts {
  double timeout_duration = 0;  // seconds, the limit
  std::string timeout_type = {};
  double elapsed = 0;  // seconds
};

// The part of the gateway's classes.
struct GatewayFacts {
  Severity severity = Severity::medium;
  Strategy recovery_strategy = Strategy::fail_closed;
  ErrorContext context = {};
  std::optional<ErrorDetails> details = {};
  std::optional<TimeoutFacts> timeout = {};
};

// Bounds, beyond which text is cut where a character ends and lists are cut short: message 4096 bytes, prompt
// 16 KiB, names and values of the context 256 bytes, an action 512, 32 extras, 16 actions.
struct Authored {
  ErrorClass error_class = ErrorClass::tool_execution_error;
  std::string message = {};  // for the agent, and safe to show: whoever raised it answers for that
  std::string additional_prompt_content = {};
  std::string context_name = {};  // the tool or toolkit that the prefix names; empty: there is none yet
  std::optional<GatewayFacts> gateway = {};
};

// Cut to those bounds, with a gateway part exactly where the class is one of the gateway's.
Authored bounded(Authored authored);

// `[KIND] ClassName during execution of tool 'name': ` and the two like it, for logs and developers; empty
// without a name, and for the classes of the server and the gateway, which have none.
std::string message_prefix(ErrorClass error_class, Kind kind, std::string_view context_name);

// normal, warning or critical, by the time that has passed and the kind of operation (`guardrail`,
// `tool_execution`, `network`, `auth`, `discovery`, or any other). Reported only; nothing acts on it.
enum class EscalationLevel : std::uint8_t { normal, warning, critical };
std::string_view name(EscalationLevel level) noexcept;
EscalationLevel escalation_level(std::string_view timeout_type, double elapsed) noexcept;

}  // namespace sallyport
