#include "telemetry/otlp_text.hpp"

#include "base/ids.hpp"
#include "base/strings.hpp"
#include "json/scanner.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace sallyport::telemetry {
namespace {

constexpr std::size_t longest_text = 1024;

struct Words {
  std::string_view name;
  std::string_view resources;
  std::string_view scopes;
  std::string_view records;
  std::string_view rejected;
};
constexpr std::array<Words, 3> words{
    Words{"traces", "resourceSpans", "scopeSpans", "spans", "rejectedSpans"},
    Words{"metrics", "resourceMetrics", "scopeMetrics", "metrics", "rejectedDataPoints"},
    Words{"logs", "resourceLogs", "scopeLogs", "logRecords", "rejectedLogRecords"},
};

const Words& of(Signal signal) {
  return words[static_cast<std::size_t>(signal)];
}

void append_integer(std::string& out, std::int64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

std::string_view name(Signal signal) noexcept {
  return of(signal).name;
}

void OtlpAttributes::begin(std::string_view key) {
  if (!std::exchange(first_, false)) out_ += ',';
  out_.append(R"({"key":")").append(key).append(R"(","value":{)");
}

void OtlpAttributes::text(std::string_view key, std::string_view value) {
  if (value.empty()) return;
  begin(key);
  append_otlp_text(out_ += R"("stringValue":)", value);
  out_ += "}}";
}

void OtlpAttributes::number(std::string_view key, std::int64_t value) {
  begin(key);
  append_integer(out_ += R"("intValue":")", value);
  out_ += R"("}})";
}

void OtlpAttributes::real(std::string_view key, double value) {
  begin(key);
  append_otlp_real(out_ += R"("doubleValue":)", value);
  out_ += "}}";
}

void OtlpAttributes::flag(std::string_view key, bool value) {
  begin(key);
  out_.append(R"("boolValue":)").append(value ? "true}}" : "false}}");
}

void append_otlp_text(std::string& out, std::string_view value) {
  json::append_quoted(out, clip(value, longest_text));
}

void append_otlp_real(std::string& out, double value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += std::isnan(value) ? R"("NaN")" : value > 0 ? R"("Infinity")" : R"("-Infinity")";
  }
}

void append_otlp_time(std::string& out, SystemTime time) {
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  out += '"';
  append_integer(out, std::max<std::int64_t>(0, nanoseconds));
  out += '"';
}

void append_otlp_hex(std::string& out, std::span<const std::byte> bytes) {
  out += '"';
  append_hex(out, bytes);
  out += '"';
}

OtlpEnvelope otlp_envelope(Signal signal, const OtlpService& service) {
  const Words& word = of(signal);
  std::string before = fmt::format(R"({{"{}":[{{"resource":{{)", word.resources);
  {
    OtlpAttributes attributes(before);
    attributes.text("service.name", service.name);
    attributes.text("service.version", service.version);
    attributes.text("service.instance.id", service.instance);
  }
  fmt::format_to(std::back_inserter(before),
                 R"(}},"{}":[{{"scope":{{"name":"sallyport","version":"{}"}},"{}":[)", word.scopes,
                 SALLYPORT_VERSION, word.records);
  return {std::move(before), "]}]}]}"};
}

std::string new_instance_id() {
  std::array<std::byte, 16> bytes;
  random_bytes(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  std::string text = hex(bytes);
  for (const std::size_t at : {20UZ, 16UZ, 12UZ, 8UZ}) text.insert(at, 1, '-');
  return text;
}

std::uint64_t rejected_records(Signal signal, std::string_view answer) {
  const auto document = json::scan(answer);
  if (!document || !document->root.is(json::Type::object)) return 0;
  const json::Member partial = json::find_member(answer, document->root.span, "partialSuccess");
  if (!partial.value.is(json::Type::object)) return 0;
  const json::Member count = json::find_member(answer, partial.value.span, of(signal).rejected);
  std::string_view digits = count.value.of(answer);
  if (count.value.is(json::Type::string)) digits = digits.substr(1, digits.size() - 2);
  return count ? parse_int<std::uint64_t>(digits).value_or(0) : 0;
}

}  // namespace sallyport::telemetry
