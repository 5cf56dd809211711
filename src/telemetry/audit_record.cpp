#include "telemetry/audit_record.hpp"

#include "base/dates.hpp"
#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "telemetry/log_format.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::telemetry::audit {
namespace {

class Members {
 public:
  Members(SystemTime time, std::string_view event) {
    out_.append("\"time\":\"")
        .append(format_rfc3339_millis(time))
        .append("\",\"event\":\"")
        .append(event)
        .append("\"");
  }

  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    out_.append(",\"").append(key).append("\":");
    log::append_string(out_, value, true);
  }
  void number(std::string_view key, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out_), ",\"{}\":{}", key, value);
  }
  void digest(std::string_view key, std::string_view bytes) {
    if (!bytes.empty()) text(key, "sha256:" + hex(sha256(bytes)));
  }
  void milliseconds(std::string_view key, std::chrono::steady_clock::duration value) {
    fmt::format_to(std::back_inserter(out_), ",\"{}\":{:.3f}", key,
                   std::chrono::duration<double, std::milli>(value).count());
  }
  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

Members about(const CallRecord& record, const Digested& digested, SystemTime time, std::string_view event) {
  Members out(time, event);
  out.text("correlation", record.correlation.hex());
  if (record.trace.active()) {
    out.text("trace", record.trace.id.hex());
    out.text("span", record.trace.span.hex());
  }
  out.text("principal", record.principal);
  out.text("source", record.source);
  out.text("session", record.session);
  out.text("endpoint", record.endpoint);
  out.text("method", protocol::name(record.method));
  out.text("server", record.server);
  out.text(record.method == protocol::Method::prompts_get ? "prompt" : "tool", record.target);
  out.text("asked", record.requested);
  out.digest("arguments", digested.arguments);
  out.digest("uri", digested.uri);
  return out;
}

}  // namespace

std::string begin_fields(const CallRecord& record, const Digested& digested) {
  return about(record, digested, record.started, "begin").take();
}

std::string call_fields(const CallRecord& record, const Digested& digested) {
  Members out = about(record, digested, record.ended(), "call");
  const Outcome& outcome = record.outcome;
  out.text("code", outcome.code_name());
  if (outcome.kind) out.text("kind", sallyport::name(*outcome.kind));
  out.text("executed", sallyport::name(outcome.executed));
  if (outcome.degraded) out.text("degraded", wire_name(*outcome.degraded));
  out.number("attempts", static_cast<std::uint64_t>(record.attempts));
  if (record.recovery) {
    out.text("recovery", sallyport::name(record.recovery->strategy));
    out.text("recovery_outcome", record.recovery->outcome);
  }
  out.milliseconds("ms", record.took);
  out.number("in", record.request_bytes);
  out.number("out", outcome.response_bytes);
  return std::move(out).take();
}

std::string refused_fields(const CallRecord& record, std::uint64_t unrecorded) {
  Members out = about(record, {}, record.started, "refused");
  out.text("code", record.outcome.code_name());
  if (record.outcome.kind) out.text("kind", sallyport::name(*record.outcome.kind));
  out.number("in", record.request_bytes);
  if (unrecorded > 0) out.number("unrecorded", unrecorded);
  return std::move(out).take();
}

std::string start_fields(SystemTime now, std::size_t torn) {
  Members out(now, "start");
  out.text("version", SALLYPORT_VERSION);
  out.number("pid", static_cast<std::uint64_t>(::getpid()));
  if (torn > 0) out.number("torn", torn);
  return std::move(out).take();
}

std::string gap_fields(SystemTime now, std::uint64_t lost, std::size_t torn) {
  Members out(now, "gap");
  out.number("lost", lost);
  if (torn > 0) out.number("torn", torn);
  return std::move(out).take();
}

std::string rotated_fields(SystemTime now) {
  return Members(now, "rotate").take();
}

std::string continued_fields(SystemTime now, std::size_t torn) {
  Members out(now, "continue");
  if (torn > 0) out.number("torn", torn);
  return std::move(out).take();
}

std::string end_fields(SystemTime now, std::uint64_t written, std::uint64_t lost) {
  Members out(now, "end");
  out.number("records", written);
  out.number("lost", lost);
  return std::move(out).take();
}

std::string hash_text(const Hash& hash) {
  return hex(hash);
}

}  // namespace sallyport::telemetry::audit
