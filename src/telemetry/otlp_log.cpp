#include "telemetry/otlp_log.hpp"

#include "base/strings.hpp"
#include "telemetry/otlp_text.hpp"

#include <iterator>

#include <fmt/format.h>

namespace sallyport::telemetry {
namespace {

struct Severity {
  int number;
  std::string_view text;
};

Severity severity(log::Level level) {
  switch (level) {
    case log::Level::trace:
      return {1, "TRACE"};
    case log::Level::debug:
      return {5, "DEBUG"};
    case log::Level::info:
      return {9, "INFO"};
    case log::Level::warn:
      return {13, "WARN"};
    case log::Level::error:
    case log::Level::off:
      break;
  }
  return {17, "ERROR"};
}

void begin_record(std::string& out, SystemTime time, log::Level level, std::string_view body) {
  append_otlp_time(out += R"({"timeUnixNano":)", time);
  append_otlp_time(out += R"(,"observedTimeUnixNano":)", time);
  const auto [number, text] = severity(level);
  fmt::format_to(std::back_inserter(out),
                 R"(,"severityNumber":{},"severityText":"{}","body":{{"stringValue":)", number, text);
  append_otlp_text(out, body);
  out += "},";
}

void append_error(OtlpAttributes& out, const Error& error, bool developer_text) {
  out.text("exception.type", wire_name(error.code()));
  out.text("sallyport.code", wire_name(error.code()));
  out.text("sallyport.kind", sallyport::name(error.kind()));
  out.text("sallyport.executed", sallyport::name(error.executed()));
  if (const auto phase = error.phase()) out.text("sallyport.phase", sallyport::name(*phase));
  if (developer_text) out.text("exception.message", error.developer_message());
}

bool is_place(std::string_view key) {
  return key == "trace" || key == "span";
}

}  // namespace

std::string otlp_log_line(SystemTime time, log::Level level, std::string_view message, log::Fields fields,
                          bool developer_text) {
  std::string out;
  std::string place;
  begin_record(out, time, level, message);
  {
    OtlpAttributes attributes(out);
    for (const log::Field& field : fields) {
      const auto put = [&](const auto& value) {
        using T = std::remove_cvref_t<decltype(value)>;
        const std::string key = fmt::format("sallyport.{}", field.key);
        if constexpr (std::is_same_v<T, std::string_view>) {
          if (is_place(field.key)) {
            if (!value.empty())
              fmt::format_to(std::back_inserter(place), R"(,"{}Id":"{}")", field.key, value);
            return;
          }
        }
        if constexpr (std::is_same_v<T, bool>) {
          attributes.flag(key, value);
        } else if constexpr (std::is_integral_v<T>) {
          attributes.number(key, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_floating_point_v<T>) {
          attributes.real(key, value);
        } else if constexpr (std::is_same_v<T, const Error*>) {
          append_error(attributes, *value, developer_text);
        } else {
          attributes.text(key, value);
        }
      };
      std::visit(put, field.value.get());
    }
  }
  out += place;
  out += '}';
  return out;
}

std::string otlp_failure(const CallRecord& record, bool developer_text) {
  std::string out;
  begin_record(out, record.ended(), log::Level::warn, "a call failed");
  {
    OtlpAttributes attributes(out);
    append_error(attributes, *record.error, developer_text);
    attributes.text("mcp.method.name", protocol::name(record.method));
    attributes.text("sallyport.server", record.server);
    attributes.text("sallyport.correlation_id", hex(record.correlation.bytes));
  }
  append_otlp_hex(out += R"(,"traceId":)", record.trace.id.bytes);
  append_otlp_hex(out += R"(,"spanId":)", record.trace.span.bytes);
  fmt::format_to(std::back_inserter(out), R"(,"flags":{},"eventName":"sallyport.call.failed"}})",
                 record.trace.sampled ? 1 : 0);
  return out;
}

}  // namespace sallyport::telemetry
