#include "alerts/alert.hpp"

#include "base/dates.hpp"
#include "base/strings.hpp"
#include "json/scanner.hpp"
#include "telemetry/otlp_text.hpp"

#include <array>
#include <iterator>

#include <fmt/format.h>

namespace sallyport::alerts {
namespace {

constexpr std::array<std::string_view, 3> reasons = {"threshold", "rule", "standard"};
static_assert(reasons.size() == static_cast<std::size_t>(Because::standard) + 1);

std::string docs_of(Code code) {
  return fmt::format("errors#{}", wire_name(code));
}

std::string correlation_of(const Alert& alert) {
  return alert.correlation ? alert.correlation->hex() : std::string();
}

std::string quoted_or_null(std::string_view text) {
  return text.empty() ? "null" : json::quote(text);
}

// Facility daemon, and how bad it is: critical, error, warning, notice.
int syslog_priority(Severity severity) {
  constexpr int daemon = 3;
  constexpr std::array levels = {5, 4, 3, 2};
  return daemon * 8 + levels[static_cast<std::size_t>(severity)];
}

// A header field of RFC 5424: printable ASCII without spaces, or `-` for none.
std::string syslog_name(std::string_view text) {
  constexpr std::size_t longest = 255;
  std::string name;
  for (const char c : text.substr(0, longest))
    if (c > ' ' && c < '\x7f') name += c;
  return name.empty() ? "-" : name;
}

struct OtlpSeverity {
  int number;
  std::string_view text;
};

OtlpSeverity otlp_severity(Severity severity) {
  if (severity == Severity::critical) return {21, "FATAL"};
  if (severity == Severity::high) return {17, "ERROR"};
  return {13, "WARN"};
}

}  // namespace

std::string_view name(Because because) noexcept {
  return reasons[static_cast<std::size_t>(because)];
}

std::string alert_json(const Alert& alert) {
  return fmt::format(
      R"({{"version":1,"event":"sallyport.alert","code":"{}","name":"{}","kind":"{}","severity":"{}",)"
      R"("server":{},"because":"{}","quarantined":{},"repeated":{},"count":{},"first":"{}","last":"{}","correlationId":{},)"
      R"("text":{},"docs":"{}"}})",
      wire_name(alert.code), full_name(alert.code), name(alert.kind), name(alert.severity()),
      quoted_or_null(alert.server), name(alert.because), alert.quarantined, alert.repeated, alert.count,
      format_rfc3339_millis(alert.first), format_rfc3339_millis(alert.last),
      quoted_or_null(correlation_of(alert)), json::quote(alert_line(alert)), docs_of(alert.code));
}

std::string alert_line(const Alert& alert) {
  const std::string_view times = alert.count == 1 ? "time" : "times";
  const std::string_view when = alert.repeated ? " more" : "";
  const std::string where = alert.server.empty() ? "" : fmt::format(" [{}]", alert.server);
  return fmt::format("{} {}{}: {} ({} {}{})", name(alert.severity()), wire_name(alert.code), where,
                     alert.text, alert.count, times, when);
}

std::string alert_syslog(const Alert& alert, std::string_view host, std::int64_t process) {
  const std::string ref = correlation_of(alert);
  return fmt::format("<{}>1 {} {} sallyport {} {} - {} kind={} because={}{} first={}{}{}",
                     syslog_priority(alert.severity()), format_rfc3339_millis(alert.last), syslog_name(host),
                     process, wire_name(alert.code), escape_terminal(alert_line(alert)), name(alert.kind),
                     name(alert.because), alert.quarantined ? " quarantined" : "",
                     format_rfc3339_millis(alert.first), ref.empty() ? "" : " ref=", ref);
}

std::string alert_otlp(const Alert& alert) {
  std::string out;
  telemetry::append_otlp_time(out += R"({"timeUnixNano":)", alert.last);
  telemetry::append_otlp_time(out += R"(,"observedTimeUnixNano":)", alert.last);
  const auto [number, text] = otlp_severity(alert.severity());
  fmt::format_to(std::back_inserter(out),
                 R"(,"severityNumber":{},"severityText":"{}","body":{{"stringValue":)", number, text);
  telemetry::append_otlp_text(out, alert_line(alert));
  out += "},";
  {
    telemetry::OtlpAttributes attributes(out);
    attributes.text("sallyport.code", wire_name(alert.code));
    attributes.text("sallyport.kind", name(alert.kind));
    attributes.text("sallyport.severity", name(alert.severity()));
    attributes.text("sallyport.server", alert.server);
    attributes.text("sallyport.because", name(alert.because));
    attributes.flag("sallyport.quarantined", alert.quarantined);
    attributes.flag("sallyport.repeated", alert.repeated);
    attributes.number("sallyport.count", static_cast<std::int64_t>(alert.count));
    attributes.text("sallyport.first", format_rfc3339_millis(alert.first));
    attributes.text("sallyport.correlation_id", correlation_of(alert));
    attributes.text("sallyport.docs", docs_of(alert.code));
  }
  return out += R"(,"eventName":"sallyport.alert"})";
}

}  // namespace sallyport::alerts
