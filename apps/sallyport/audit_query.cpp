#include "audit_query.hpp"

#include "base/dates.hpp"
#include "base/durations.hpp"
#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "telemetry/audit_chain.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

using simdjson::dom::element;

// A line that is longer than any record is handed on in pieces of this size, none of which is one.
constexpr std::size_t longest = 2 * telemetry::audit::longest_line;

std::optional<json::Dom> parse(std::string_view line) {
  if (line.size() > telemetry::audit::longest_line || !json::scan(line)) return std::nullopt;
  auto dom = json::Dom::parse(line);
  return dom && dom->root().is_object() ? std::move(dom) : std::nullopt;
}

std::string_view text_at(element record, std::string_view key) {
  std::string_view text;
  return record[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string number_at(element record, std::string_view key) {
  element value;
  return record[key].get(value) == simdjson::SUCCESS ? simdjson::to_string(value) : "";
}

// What was called: server/tool, or what was asked for where no server has it.
std::string target_of(element record) {
  const std::string_view server = text_at(record, "server");
  std::string_view name = text_at(record, "tool");
  if (name.empty()) name = text_at(record, "prompt");
  if (name.empty()) name = text_at(record, "asked");
  return server.empty() ? std::string(name) : fmt::format("{}/{}", server, name);
}

std::string notes_of(element record) {
  std::string out;
  for (const char* key : {"version", "records", "lost", "torn"}) {
    std::string value = number_at(record, key);
    if (!value.empty()) out += fmt::format(" {}={}", key, value);
  }
  return out;
}

}  // namespace

bool AuditQuery::everything() const {
  return !since && !until && principal.empty() && server.empty() && tool.empty() && code.empty() &&
         correlation.empty();
}

bool AuditQuery::wants(std::string_view line) const {
  const auto dom = parse(line);
  if (!dom) return false;
  const element record = dom->root();
  if (since || until) {
    const auto time = parse_rfc3339(text_at(record, "time"));
    if (!time || (since && *time < *since) || (until && *time > *until)) return false;
  }
  const auto is = [&](const std::string& wanted, std::string_view key) {
    return wanted.empty() || text_at(record, key) == wanted;
  };
  return is(principal, "principal") && is(server, "server") && is(code, "code") &&
         (tool.empty() || text_at(record, "tool") == tool || text_at(record, "asked") == tool ||
          target_of(record) == tool) &&
         (correlation.empty() || text_at(record, "correlation").starts_with(correlation));
}

std::optional<SystemTime> parse_moment(std::string_view text, SystemTime now) {
  if (const auto date = parse_rfc3339(text)) return date;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return std::nullopt;
}

std::string audit_line_text(std::string_view line, bool colours) {
  const auto dom = parse(line);
  if (!dom) return paint(Style::red, "(no record) ", colours) + escape_terminal(clip(line, 200)) + "\n";
  const element record = dom->root();
  const std::string_view event = text_at(record, "event");
  std::string out =
      fmt::format("{:>6}  {}  ", number_at(record, "seq"), escape_terminal(text_at(record, "time")));
  const bool refused = event == "refused";
  if (event != "call" && event != "begin" && !refused) {
    return out + paint(Style::dim, escape_terminal(event) + notes_of(record), colours) + "\n";
  }
  const std::string code(event == "begin" ? "begin" : text_at(record, "code"));
  out += paint(code == "ok"       ? Style::green
               : event == "begin" ? Style::dim
                                  : Style::red,
               fmt::format("{:<9}", escape_terminal(code)), colours);
  const std::string target = refused ? std::string(text_at(record, "method")) : target_of(record);
  out += fmt::format(" {:<28}", escape_terminal(target));
  out += fmt::format(" {}", escape_terminal(text_at(record, refused ? "source" : "principal")));
  if (refused) out += " refused";
  if (event == "call") {
    out += fmt::format(" executed={} {} ms", escape_terminal(text_at(record, "executed")),
                       number_at(record, "ms"));
  }
  return out +
         paint(Style::dim, fmt::format(" ref {}", escape_terminal(text_at(record, "correlation"))), colours) +
         "\n";
}

int for_each_line(const std::string& file, const std::function<bool(std::string_view, bool)>& each) {
  const UniqueFd fd(file == "-" ? ::dup(STDIN_FILENO) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return errno;
  std::string held;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    held.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = held.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (!each(std::string_view(held).substr(begin, end - begin), true)) return 0;
    }
    held.erase(0, begin);
    if (held.size() > longest) {
      if (!each(held, true)) return 0;
      held.clear();
    }
  }
  if (!held.empty()) each(held, false);
  return 0;
}

}  // namespace sallyport::cli
