// How OTLP is spelled in JSON: attributes, times, ids, and what stands around the records of a report.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::telemetry {

enum class Signal : std::uint8_t { traces, metrics, logs };
std::string_view name(Signal signal) noexcept;

// Appends `"attributes":[…]`, which is closed when this goes. Text that others chose is clipped to 1 KiB and
// made valid UTF-8; an empty one is left out.
class OtlpAttributes {
 public:
  explicit OtlpAttributes(std::string& out) : out_(out) { out_ += R"("attributes":[)"; }
  ~OtlpAttributes() { out_ += ']'; }
  OtlpAttributes(const OtlpAttributes&) = delete;
  OtlpAttributes& operator=(const OtlpAttributes&) = delete;

  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);  // an int64 is a string in JSON
  void real(std::string_view key, double value);
  void flag(std::string_view key, bool value);

 private:
  void begin(std::string_view key);

  std::string& out_;
  bool first_ = true;
};

void append_otlp_text(std::string& out, std::string_view value);
void append_otlp_real(std::string& out, double value);  // NaN and the infinities are strings in JSON
void append_otlp_time(std::string& out, SystemTime time);
void append_otlp_hex(std::string& out, std::span<const std::byte> bytes);

// A whole report is `before` + records with commas between them + `after`.
struct OtlpEnvelope {
  std::string before;
  std::string after;
};

// Whose telemetry it is.
struct OtlpService {
  std::string name = "sallyport";
  std::string version = SALLYPORT_VERSION;
  std::string instance;  // tells this run of the program from others
};

OtlpEnvelope otlp_envelope(Signal signal, const OtlpService& service);
std::string new_instance_id();  // a UUID, version 4

// How many records a collector says that it did not take, out of its answer to a report.
std::uint64_t rejected_records(Signal signal, std::string_view answer);

}  // namespace sallyport::telemetry
