#include "server/exposure.hpp"

#include "base/strings.hpp"
#include "errors/redact.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

namespace sallyport::server {
namespace {

constexpr std::size_t max_shown = 4096;

bool turned_on(const char* name) {
  const char* const value = std::getenv(name);
  switch (value ? read_switch(value) : Switch::off) {
    case Switch::off:
      return false;
    case Switch::refused:
      log::warn("what is meant for developers is not shown to agents",
                {{"variable", name}, {"instead", "docs/framework.md says what the variable has to say"}});
      return false;
    case Switch::on:
      break;
  }
  log::warn("agents and users are shown what is meant for developers", {{"variable", name}});
  return true;
}

void add(std::string& text, std::string_view what, std::string_view value) {
  text.append("\n\n[DEBUG] ").append(what).append(value.empty() ? ": none" : ": ");
  text.append(redact_text(value, max_shown));
}

std::string trace_of(const Error& error) {
  std::string trace;
  for (const Error* each = &error; each != nullptr; each = each->cause()) {
    trace.append("\n").append(wire_name(each->code()));
    if (each != &error && !each->developer_message().empty())
      trace.append(": ").append(each->developer_message());
    for (const Note& note : each->notes()) {
      const std::string_view file = note.where.file_name();
      trace += fmt::format("\n  at {}:{}", file.substr(file.rfind('/') + 1), note.where.line());
      if (!note.text.empty()) trace.append(" ").append(note.text);
    }
  }
  return trace;
}

}  // namespace

std::string_view acknowledgement() noexcept {
  return "i accept that agents and users read what is meant for developers";
}

Switch read_switch(std::string_view value) noexcept {
  while (!value.empty() && is_blank(value.substr(0, 1))) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.substr(value.size() - 1))) value.remove_suffix(1);
  if (value == acknowledgement()) return Switch::on;
  static constexpr std::array<std::string_view, 5> no = {"", "0", "false", "no", "off"};
  return std::ranges::any_of(no, [&](std::string_view word) { return iequals(word, value); })
             ? Switch::off
             : Switch::refused;
}

const Exposure& exposure() {
  static const Exposure read{turned_on(expose_developer_messages), turned_on(expose_traces)};
  return read;
}

std::string debug_text(const Error& error, const Exposure& exposure) {
  std::string text;
  if (exposure.developer_messages) add(text, "developer_message", error.developer_message());
  if (exposure.traces) add(text, "trace", trace_of(error));
  return text;
}

}  // namespace sallyport::server
