#include "telemetry/log_format.hpp"

#include "base/strings.hpp"

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace sallyport::log {
namespace {

constexpr std::size_t longest_string = 1024;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

std::string_view file_name(const Note& note) noexcept {
  const std::string_view path = note.where.file_name();
  return path.substr(path.rfind('/') + 1);
}

std::string describe(const Note& note) {
  const std::string place = fmt::format("{}:{}", file_name(note), note.where.line());
  return note.text.empty() ? place : fmt::format("{} ({})", note.text, place);
}

void append_text_string(std::string& out, std::string_view value) {
  const std::string safe = escape_terminal(clip(value, longest_string));
  if (!safe.empty() && safe.find_first_of(" =\"") == safe.npos) {
    out += safe;
    return;
  }
  out += '"';
  for (const char c : safe) {
    if (c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void append_text_error(std::string& out, const Error& error, bool developer_text) {
  fmt::format_to(std::back_inserter(out), "{} kind={} executed={}", wire_name(error.code()),
                 sallyport::name(error.kind()), sallyport::name(error.executed()));
  if (const auto phase = error.phase()) out.append(" phase=").append(sallyport::name(*phase));
  if (!error.notes().empty()) {
    std::string notes;
    for (const Note& note : error.notes()) notes.append(notes.empty() ? "" : " < ").append(describe(note));
    append_text_string(out += " notes=", notes);
  }
  if (developer_text && !error.developer_message().empty()) {
    append_text_string(out += " developer_message=", error.developer_message());
  }
}

// Beyond what JSON demands, what some reader might take for the end of a line or a terminal for a command.
void append_json_string(std::string& out, std::string_view value) {
  value = clip(value, longest_string);
  out += '"';
  while (!value.empty()) {
    char32_t c = 0;
    const std::size_t length = decode_utf8(value, c);
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out.append({'\\', static_cast<char>(c)});
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(c));
    } else {
      out += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_json_member(std::string& out, std::string_view key, std::string_view value) {
  out += ',';
  append_json_string(out, key);
  append_json_string(out += ':', value);
}

void append_json_error(std::string& out, const Error& error, bool developer_text) {
  append_json_string(out += "{\"code\":", wire_name(error.code()));
  append_json_member(out, "kind", sallyport::name(error.kind()));
  append_json_member(out, "executed", sallyport::name(error.executed()));
  if (const auto phase = error.phase()) append_json_member(out, "phase", sallyport::name(*phase));
  out += ",\"notes\":[";
  bool first = true;
  for (const Note& note : error.notes()) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, describe(note));
  }
  out += ']';
  if (developer_text && !error.developer_message().empty()) {
    append_json_member(out, "developer_message", error.developer_message());
  }
  out += '}';
}

void append_text_value(std::string& out, const Value& value, bool developer_text) {
  std::visit(Overloaded{[&](std::string_view text) { append_text_string(out, text); },
                        [&](const Error* error) { append_text_error(out, *error, developer_text); },
                        [&](auto number) { fmt::format_to(std::back_inserter(out), "{}", number); }},
             value.get());
}

void append_json_value(std::string& out, const Value& value, bool developer_text) {
  std::visit(
      Overloaded{[&](std::string_view text) { append_json_string(out, text); },
                 [&](const Error* error) { append_json_error(out, *error, developer_text); },
                 [&](double number) { out += std::isfinite(number) ? fmt::format("{}", number) : "null"; },
                 [&](auto number) { fmt::format_to(std::back_inserter(out), "{}", number); }},
      value.get());
}

}  // namespace

std::string format_text(std::string_view message, Fields fields, bool developer_text) {
  std::string out = escape_terminal(clip(message, longest_string));
  for (const Field& field : fields) {
    out.append(" ").append(field.key).append("=");
    append_text_value(out, field.value, developer_text);
  }
  return out;
}

std::string format_json(SystemTime time, Level level, std::string_view message, Fields fields,
                        bool developer_text) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
  std::string out = fmt::format("{{\"time\":\"{:%Y-%m-%dT%H:%M:%S}.{:03}Z\"",
                                fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), milliseconds);
  append_json_member(out, "level", name(level));
  append_json_member(out, "message", message);
  for (const Field& field : fields) {
    out += ',';
    append_json_string(out, field.key);
    append_json_value(out += ':', field.value, developer_text);
  }
  out += '}';
  return out;
}

void append_line_start(std::string& out, SystemTime time, std::string_view level, std::string_view message,
                       bool json) {
  // Lines come in the order of time, thousands in a second: the date is written once for all of them.
  thread_local std::chrono::sys_seconds known_second{};
  thread_local std::string known_text;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  if (known_text.empty() || seconds != known_second) {
    known_second = seconds;
    known_text =
        fmt::format("{:%Y-%m-%dT%H:%M:%S}.", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
  }
  const auto ms =
      static_cast<unsigned>(std::chrono::floor<std::chrono::milliseconds>(time - seconds).count());
  const char digits[] = {static_cast<char>('0' + ms / 100), static_cast<char>('0' + ms / 10 % 10),
                         static_cast<char>('0' + ms % 10), 'Z'};
  if (json) out += "{\"time\":\"";
  out.append(known_text).append(digits, sizeof digits);
  if (json) {
    out.append("\",\"level\":\"").append(level).append("\",\"message\":\"").append(message).append("\"");
  } else {
    out.append(" ").append(level).append(level.size() < 8 ? 8 - level.size() : 1, ' ').append(message);
  }
}

void append_string(std::string& out, std::string_view value, bool json) {
  json ? append_json_string(out, value) : append_text_string(out, value);
}

}  // namespace sallyport::log
