#include "classify_json.hpp"

#include "errors/error_class.hpp"
#include "protocol/error_payload.hpp"
#include "protocol/object_text.hpp"

#include <algorithm>

namespace sallyport::cli {
namespace {

using protocol::ObjectText;

constexpr std::int64_t standard_rate_limit_ms = 1000;

bool says_default(const Error& error) {
  return std::ranges::any_of(error.extras(), [](const Extra& extra) {
    const auto* source = std::get_if<std::string>(&extra.value);
    return extra.key == "retry_after_source" && source != nullptr && *source == "default";
  });
}

std::optional<std::int64_t> retry_after_ms(const Error& error) {
  if (const auto delay = error.retry_after()) return delay->count();
  return says_default(error) ? std::optional(standard_rate_limit_ms) : std::nullopt;
}

std::string extra_json(const Error& error) {
  std::vector<Extra> extras(error.extras().begin(), error.extras().end());
  if (const auto status = error.wire_status())
    extras.push_back({"wire_status", static_cast<std::int64_t>(*status)});
  return protocol::extras_json(extras);
}

std::string plan_json(const recovery::Plan& plan) {
  std::string delays;
  for (const std::chrono::milliseconds delay : plan.delays) {
    if (!delays.empty()) delays += ',';
    delays += std::to_string(delay.count());
  }
  return ObjectText()
      .text("strategy", name(plan.strategy))
      .number("attempts", std::optional(plan.attempts))
      .raw("delays_ms", "[" + delays + "]")
      .text("why", plan.why)
      .take();
}

}  // namespace

std::string finding_json(const classify::Finding& finding, const recovery::Plan& plan) {
  const Error& error = finding.error;
  const bool cancelled = error.code() == Code::proto_cancelled;
  return ObjectText()
      .text_or_null("class", cancelled ? std::string_view() : name(class_of(error)))
      .text("code", wire_name(error.code()))
      .text("kind", name(error.kind()))
      .text("severity", name(error.row().severity))
      .text("recovery", name(error.row().strategy))
      .boolean("can_retry", error.can_retry())
      .text("executed", name(error.executed()))
      .text_or_null("phase", error.phase() ? name(*error.phase()) : std::string_view())
      .number("retry_after_ms", retry_after_ms(error))
      .number("status_code", error.status_code())
      .text("message", std::string_view(finding.message))
      .text_or_null("developer_message", error.developer_message())
      .raw("extra", extra_json(error))
      .raw("plan", plan_json(plan))
      .take();
}

std::string fault_json(const classify::LineFault& fault, std::uint64_t line) {
  return ObjectText()
      .raw("error", ObjectText()
                        .number("line", std::optional(line))
                        .text_or_null("pointer", fault.pointer)
                        .text("message", std::string_view(fault.message))
                        .take())
      .take();
}

}  // namespace sallyport::cli
