#include "findings.hpp"

#include "base/strings.hpp"
#include "json/scanner.hpp"
#include "output.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

std::string_view name(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::problem:
      return "problem";
  }
  return "";
}

Style style(Health health) {
  if (health == Health::ok) return Style::green;
  return health == Health::warning ? Style::yellow : Style::red;
}

std::string_view section(const Finding& finding) {
  return std::string_view(finding.id).substr(0, finding.id.find('.'));
}

std::string_view title(std::string_view section) {
  if (section == "machine") return "This machine";
  if (section == "config") return "The configuration";
  if (section == "gateway") return "The gateway here";
  return "The servers";
}

constexpr std::string_view margin = "           ";

std::string one(const Finding& finding, bool colours) {
  std::string out = fmt::format("  {}{}{}\n", paint(style(finding.health), name(finding.health), colours),
                                std::string(9 - name(finding.health).size(), ' '), printable(finding.what));
  if (!finding.why.empty()) out += fmt::format("{}{}\n", margin, printable(finding.why));
  for (const std::string& line : finding.tail) {
    out += fmt::format("{}{}\n", margin, paint(Style::dim, "| " + escape_terminal(line), colours));
  }
  if (!finding.next.empty()) {
    const std::string shown = printable(finding.next);
    out += fmt::format("{}{}\n", margin,
                       finding.is_command ? paint(Style::bold, "$ " + shown, colours) : "Next: " + shown);
  }
  return out;
}

std::string text_or_null(const std::string& text) {
  return text.empty() ? "null" : json::quote(text);
}

}  // namespace

std::size_t Findings::count(Health health) const {
  return static_cast<std::size_t>(std::ranges::count(all_, health, &Finding::health));
}

std::string Findings::text(bool colours) const {
  std::string out;
  std::string_view before;
  for (const Finding& finding : all_) {
    if (section(finding) != before) {
      before = section(finding);
      out += fmt::format("{}{}\n", out.empty() ? "" : "\n", paint(Style::bold, title(before), colours));
    }
    out += one(finding, colours);
  }
  return out;
}

std::string Findings::json() const {
  std::string out = "[";
  for (const Finding& finding : all_) {
    if (out.size() > 1) out += ',';
    out += fmt::format(
        R"({{"health":"{}","id":{},"what":{},"why":{},"next":{},"isCommand":{},"code":{},"stderr":[)",
        name(finding.health), json::quote(finding.id), json::quote(finding.what), text_or_null(finding.why),
        text_or_null(finding.next), finding.is_command, text_or_null(finding.code));
    for (std::size_t i = 0; i < finding.tail.size(); ++i) {
      out += (i > 0 ? "," : "") + json::quote(finding.tail[i]);
    }
    out += "]}";
  }
  return out + "]";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

}  // namespace sallyport::cli
