#include "errors/text.hpp"

#include "base/strings.hpp"
#include "errors/template.hpp"

#include <chrono>

namespace sallyport {
namespace {

constexpr std::string_view do_not_repeat = "Do not repeat this call unchanged.";

std::optional<std::string> slot_text(const Error& error, Slot slot) {
  if (const SlotValue* value = error.slot(slot)) {
    if (const auto* number = std::get_if<std::int64_t>(value)) return std::to_string(*number);
    const auto& text = std::get<std::string>(*value);
    if (text.empty()) return std::nullopt;
    return escape_terminal(text);
  }
  // "after 1 attempts" says nothing.
  if (slot == Slot::attempts && error.attempts() > 1) return std::to_string(error.attempts());
  return std::nullopt;
}

std::optional<std::string> fill(std::string_view part, const Error& error) {
  std::string filled;
  const bool complete = walk_slots(
      part, [&](std::string_view literal) { filled += literal; },
      [&](std::string_view name) {
        const std::optional<std::string> value = slot_text(error, *parse_slot(name));
        if (value) filled += *value;
        return value.has_value();
      });
  if (!complete) return std::nullopt;
  return filled;
}

void append_what_failed(std::string& out, std::string_view text, const Error& error) {
  walk_template(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view part, std::string_view otherwise) {
        if (const std::optional<std::string> filled = fill(part, error)) {
          out += *filled;
        } else {
          out += otherwise;
        }
      });
}

// A failure that passes, and yet nobody tried again: the caller is told why.
std::string_view why_not_again(const Error& error) {
  for (const Extra& extra : error.extras()) {
    if (extra.key == "retry_budget") return " It was not tried again: too many calls to this server fail.";
  }
  return {};
}

std::string_view whether_it_ran(Executed executed) {
  switch (executed) {
    case Executed::no:
      return " It did not run.";
    case Executed::maybe:
      return " It may have run: check before you repeat it.";
    case Executed::yes:
      return " It ran, or began to: check before you repeat it.";
  }
  std::unreachable();
}

void append_what_to_do(std::string& out, const Error& error, const CatalogRow& shown, CallFacts facts) {
  if (call_can_retry(error, facts.idempotent || !facts.tool_call)) {
    const std::int64_t seconds = retry_after_seconds(error).value_or(-1);
    if (seconds > 0) {
      out += " Wait " + std::to_string(seconds) + " s, then call again.";
    } else {
      out += seconds == 0 ? " Call again." : " Wait a moment, then call again.";
    }
  } else if (!error.can_retry()) {
    out += ' ';
    out += shown.action.empty() ? do_not_repeat : shown.action;
  }
  // Else the failure passes, but the call may have run: "check before you repeat it" has said what to do.
}

}  // namespace

const CatalogRow& shown_row(const Error& error) noexcept {
  return row(error.row().shown_as);
}

bool call_can_retry(const Error& error, bool idempotent) noexcept {
  return error.can_retry() && (error.executed() == Executed::no || idempotent);
}

std::optional<std::int64_t> retry_after_seconds(const Error& error) noexcept {
  const auto delay = error.retry_after();
  if (!delay) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*delay).count();
}

std::string what_failed(const Error& error) {
  std::string out;
  append_what_failed(out, shown_row(error).text, error);
  return out;
}

std::string render_text(const Error& error, const CorrelationText& ref, CallFacts facts) {
  const CatalogRow& shown = shown_row(error);
  std::string out;
  out.reserve(256);
  append_what_failed(out, shown.text, error);
  out += why_not_again(error);
  if (facts.tool_call) out += whether_it_ran(error.executed());
  append_what_to_do(out, error, shown, facts);
  out += " (";
  out += shown.wire_name;
  if (!ref.empty()) {
    out += ", ref ";
    out += ref;
  }
  out += ')';
  return out;
}

}  // namespace sallyport
