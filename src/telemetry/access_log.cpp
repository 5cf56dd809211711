#include "telemetry/access_log.hpp"

#include "base/strings.hpp"
#include "telemetry/log.hpp"
#include "telemetry/log_format.hpp"
#include "telemetry/metrics_names.hpp"

#include <charconv>

namespace sallyport::telemetry {
namespace {

// Written for every call. What our own catalogue spells is appended as it stands, in both formats.
class Line {
 public:
  Line(std::string& out, bool json) : out_(out), json_(json) {}

  void plain(std::string_view key, std::string_view value) {
    begin(key);
    if (json_) out_ += '"';
    out_ += value;
    if (json_) out_ += '"';
  }
  void name(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    begin(key);
    log::append_string(out_, value, json_);
  }
  void number(std::string_view key, std::uint64_t value) {
    begin(key);
    append(value);
  }
  void milliseconds(std::string_view key, std::chrono::steady_clock::duration value) {
    const auto us = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::round<std::chrono::microseconds>(value).count()));
    number(key, us / 1000);
    const auto rest = static_cast<unsigned>(us % 1000);
    const char digits[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
    out_.append(digits, sizeof digits);
  }
  template <class Bytes>
  void hex(std::string_view key, const Bytes& bytes) {
    begin(key);
    if (json_) out_ += '"';
    append_hex(out_, bytes);
    if (json_) out_ += '"';
  }

 private:
  void begin(std::string_view key) {
    if (json_) {
      out_.append(",\"").append(key).append("\":");
    } else {
      out_.append(" ").append(key).append("=");
    }
  }
  void append(std::uint64_t value) {
    char digits[20];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }

  std::string& out_;
  bool json_;
};

}  // namespace

void append_access_line(std::string& out, const CallRecord& record, bool json, std::string_view level) {
  log::append_line_start(out, record.ended(), level, "call", json);
  Line line(out, json);
  const std::string_view method = protocol::name(record.method);
  line.plain("method", method.empty() ? Registry::other : method);
  line.name("principal", record.principal);
  line.name("source", record.source);
  line.name("endpoint", record.endpoint);
  line.name("server", record.server);
  if (record.method == protocol::Method::tools_call) {
    line.name("tool", record.target.empty() ? record.requested : record.target);
  } else {
    line.name("target", record.target.empty() ? record.requested : record.target);
  }
  line.plain("code", record.outcome.code_name());
  if (record.outcome.kind) line.plain("kind", sallyport::name(*record.outcome.kind));
  line.plain("executed", sallyport::name(record.outcome.executed));
  if (record.outcome.degraded) line.plain("degraded", wire_name(*record.outcome.degraded));
  if (record.attempts > 1) line.number("attempts", static_cast<std::uint64_t>(record.attempts));
  if (record.recovery) {
    line.plain("recovery", sallyport::name(record.recovery->strategy));
    line.plain("recovery_outcome", record.recovery->outcome);
  }
  line.milliseconds("ms", record.took);
  line.number("in", record.request_bytes);
  line.number("out", record.outcome.response_bytes);
  line.name("session", record.session);
  line.hex("correlation", record.correlation.bytes);
  if (record.trace.active()) {
    line.hex("trace", record.trace.id.bytes);
    line.hex("span", record.trace.span.bytes);
  }
  out += json ? "}\n" : "\n";
}

AccessLog::AccessLog(task::Timers& timers, Registry& metrics, Write write)
    : timers_(&timers),
      dropped_(&metrics.counter(metrics::access_lines_dropped)),
      write_(write ? std::move(write) : Write(log::write_lines)),
      timer_(timers) {}

AccessLog::~AccessLog() {
  flush();
}

void AccessLog::call_finished(const CallRecord& record) {
  const bool debug = log::enabled(log::Level::debug);
  const bool call = reaches_a_server(record.method);
  if (!debug && !(call && log::enabled(log::Level::info))) return;
  const std::size_t before = buffer_.size();
  append_access_line(buffer_, record, log::writes_json(),
                     log::name(call ? log::Level::info : log::Level::debug));
  if (buffer_.size() > max_buffered) {
    buffer_.resize(before);
    dropped_->increment();
  }
  if (debug && record.error) {
    log::debug("why it failed", {{"correlation", record.correlation.hex()}, {"error", *record.error}});
  }
  if (buffer_.size() >= batch && before < batch) return flush();
  if (!timer_.active()) schedule();
}

void AccessLog::schedule() {
  timer_.start(timers_->now() + delay, [this] { flush(); });
}

void AccessLog::flush() {
  if (buffer_.empty()) return;
  const std::size_t taken = write_(buffer_);
  buffer_.erase(0, taken);
  if (buffer_.empty()) {
    timer_.cancel();
  } else {
    schedule();
  }
}

}  // namespace sallyport::telemetry
