#include "output.hpp"

#include "base/strings.hpp"
#include "errors/text.hpp"

#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string_view sequence(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
  }
  return "";
}

// As UTF-16, which is what JSON's escapes are made of.
void append_json_escape(std::string& out, char32_t code_point) {
  const auto value = static_cast<std::uint32_t>(code_point);
  if (value < 0x10000) {
    out += fmt::format("\\u{:04x}", value);
  } else {
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((value - 0x10000) >> 10), 0xDC00 + (value & 0x3FF));
  }
}

// Beyond ASCII, JSON has characters in strings only, so every one may become an escape.
std::string harmless_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    char32_t code_point = 0;
    const std::size_t length = std::max<std::size_t>(decode_utf8(json, code_point), 1);
    const std::string_view character = json.substr(0, length);
    const bool harmless = character == "\n" || escape_terminal(character) == character;
    if (harmless || code_point <= ' ') {
      if (character != "\r") out += character;
    } else {
      append_json_escape(out, code_point);
    }
    json.remove_prefix(length);
  }
  return out;
}

}  // namespace

bool has_colours(int descriptor) {
  const char* const refused = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (refused != nullptr && *refused != '\0') return false;
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(descriptor) == 1;
}

std::string paint(Style style, std::string_view text, bool colours) {
  if (!colours || style == Style::plain || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", sequence(style), text);
}

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\t", begin), text.size());
    std::string_view part = text.substr(begin, end - begin);
    if (end < text.size() && text[end] == '\n' && part.ends_with('\r')) part.remove_suffix(1);
    out += escape_terminal(part);
    if (end < text.size()) out += text[end];
    begin = end + 1;
  }
  return out;
}

int print(std::string_view text) {
  return write_all(STDOUT_FILENO, text) ? exit_done : exit_failed;
}

int print_json(std::string_view json) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return print((terminal ? harmless_json(json) : std::string(json)) + '\n');
}

void complain(std::string_view sentence) {
  print_error(fmt::format("sallyport: {}\n", printable(sentence)));
}

void print_error(std::string_view text) {
  (void)write_all(STDERR_FILENO, text);
}

std::string explain(const Error& error) {
  std::string text = render_text(error, {}, {.tool_call = false});
  std::string_view last;
  for (const Error* each = &error; each != nullptr; each = each->cause()) {
    const std::string_view detail = each->developer_message();
    if (detail.empty() || detail == last) continue;
    text += fmt::format("{}{}", last.empty() ? " Detail: " : "; ", detail);
    last = detail;
  }
  return text;
}

std::string suggestion(std::string_view name, std::span<const std::string> candidates) {
  const auto meant = did_you_mean(name, candidates);
  return meant ? fmt::format(", did you mean `{}`?", *meant) : "";
}

}  // namespace sallyport::cli
