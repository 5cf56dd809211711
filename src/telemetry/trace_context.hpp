// The place of a request in a distributed trace: W3C trace context, read strictly and written anew.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::telemetry {

struct TraceId {
  std::array<std::byte, 16> bytes{};
  static TraceId make();
  // All zero is not.
  bool valid() const noexcept {
    return std::bit_cast<std::array<std::uint64_t, 2>>(bytes) != std::array<std::uint64_t, 2>{};
  }
  std::string hex() const;
  friend bool operator==(const TraceId&, const TraceId&) = default;
};

struct SpanId {
  std::array<std::byte, 8> bytes{};
  static SpanId make();
  bool valid() const noexcept { return std::bit_cast<std::uint64_t>(bytes) != 0; }
  std::string hex() const;
  friend bool operator==(const SpanId&, const SpanId&) = default;
};

// What a `traceparent` names: the caller's trace and its span.
struct TraceParent {
  TraceId trace;
  SpanId span;
  bool sampled = false;

  // Lower-case hex in the W3C form, version 00 (of a higher one the part that 00 defines); nothing for what
  // is not: a caller's mistake is no failure of its call.
  static std::optional<TraceParent> parse(std::string_view text) noexcept;
  std::string text() const;  // "00-…-…-01"
};

// Our part in a trace. Without tracing it is empty, and nothing was minted for it.
struct Trace {
  TraceId id;
  SpanId span;                      // ours
  SpanId parent;                    // the caller's, if its trace goes on in us
  std::optional<TraceParent> link;  // the caller's, if it does not
  bool sampled = false;             // a trace that is continued may ask not to be recorded
  std::string state;                // the caller's `tracestate`, if its trace goes on in us

  bool active() const noexcept { return id.valid(); }
};

// A trusted caller's trace goes on, an other's is linked to one of our own.
Trace begin_trace(const std::optional<TraceParent>& caller, bool trusted);

// The list members of a `tracestate` that may be passed on: nothing if it is longer than 512 bytes or holds
// other than the characters that W3C allows.
std::string_view checked_tracestate(std::string_view text) noexcept;

}  // namespace sallyport::telemetry
