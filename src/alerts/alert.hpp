// What operators are told of a failure that somebody has to look at, as plain values, and how each receiver
// reads it.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "errors/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::alerts {

// Why somebody is told.
enum class Because : std::uint8_t {
  threshold,  // so many failures of this code within `monitor.window`
  rule,       // of the operator's table of recovery
  standard,   // the catalogue says that this code is escalated
};
std::string_view name(Because because) noexcept;

struct Alert {
  Code code = Code::system_internal_error;
  Kind kind = Kind::gateway_runtime_internal;
  std::string server{};  // a key of `servers:`; empty: the gateway itself
  Because because = Because::threshold;
  bool quarantined = false;  // the server is taken out of use
  bool repeated = false;     // tells how often it failed since the alert that came before
  std::uint64_t count = 1;   // failures that it stands for
  SystemTime first{};
  SystemTime last{};
  std::optional<CorrelationId> correlation{};  // of the last of them that was a call
  std::string text{};                          // what failed, in the catalogue's words

  Severity severity() const noexcept { return row(code).severity; }
};

// One JSON object: what a webhook gets.
std::string alert_json(const Alert& alert);

// One line for people, which other receivers show.
std::string alert_line(const Alert& alert);

// A message of RFC 5424, facility daemon.
std::string alert_syslog(const Alert& alert, std::string_view host, std::int64_t process);

// A log record of OTLP, the event `sallyport.alert`.
std::string alert_otlp(const Alert& alert);

}  // namespace sallyport::alerts
