#include "config/diagnostic.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sallyport::config {
namespace {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

std::string_view colour(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "\x1b[31m";
    case Severity::warning:
      return "\x1b[33m";
    case Severity::note:
      return "\x1b[36m";
  }
  return "";
}

std::string where(const Diagnostic& diagnostic) {
  if (diagnostic.at.line == 0) return diagnostic.file;
  return fmt::format("{}:{}:{}", diagnostic.file, diagnostic.at.line, diagnostic.at.column);
}

std::string line(const Diagnostic& diagnostic, bool colours) {
  const std::string_view bold = colours ? "\x1b[1m" : "";
  const std::string_view tint = colours ? colour(diagnostic.severity) : "";
  const std::string_view plain = colours ? "\x1b[0m" : "";
  const std::string label =
      diagnostic.severity == Severity::error ? "" : fmt::format("{}: ", name(diagnostic.severity));
  std::string text = fmt::format("{}{}:{} {}{}{}{}", bold, escape_terminal(where(diagnostic)), plain, tint,
                                 label, escape_terminal(diagnostic.what), plain);
  for (const std::string* part : {&diagnostic.why, &diagnostic.instead}) {
    if (!part->empty()) text += ", " + escape_terminal(*part);
  }
  return text + '\n';
}

}  // namespace

bool has_errors(std::span<const Diagnostic> diagnostics) noexcept {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void sort_by_place(Diagnostics& diagnostics) {
  std::map<std::string, std::size_t> order;
  for (const Diagnostic& diagnostic : diagnostics) order.try_emplace(diagnostic.file, order.size());
  std::multimap<std::tuple<std::size_t, std::size_t, std::size_t>, Diagnostic> sorted;
  for (Diagnostic& diagnostic : diagnostics) {
    const std::tuple place(order[diagnostic.file], diagnostic.at.line, diagnostic.at.column);
    sorted.emplace(place, std::move(diagnostic));
  }
  diagnostics.clear();
  for (auto& [place, diagnostic] : sorted) diagnostics.push_back(std::move(diagnostic));
}

std::string render_text(std::span<const Diagnostic> diagnostics, bool colours) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += line(diagnostic, colours);
  return text;
}

std::string render_json(std::span<const Diagnostic> diagnostics) {
  boost::json::array list;
  for (const Diagnostic& diagnostic : diagnostics) {
    list.push_back(boost::json::object{{"severity", name(diagnostic.severity)},
                                       {"file", diagnostic.file},
                                       {"line", diagnostic.at.line},
                                       {"column", diagnostic.at.column},
                                       {"path", diagnostic.path},
                                       {"what", diagnostic.what},
                                       {"why", diagnostic.why},
                                       {"instead", diagnostic.instead}});
  }
  return boost::json::serialize(list);
}

void Report::add(Severity severity, Position at, std::string_view path, Finding& finding) {
  if (severity == Severity::error) ++errors_;
  out_.push_back({severity, file_, at, std::string(path), std::move(finding.what), std::move(finding.why),
                  std::move(finding.instead)});
}

}  // namespace sallyport::config
