#include "telemetry/trace_context.hpp"

#include "base/ids.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <span>

namespace sallyport::telemetry {
namespace {

constexpr std::size_t parent_size = 55;  // 00-{32}-{16}-{2}
constexpr std::size_t longest_state = 512;

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, std::span<std::byte> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = nibble(text[2 * i]);
    const int low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

template <class Id>
Id make_id() {
  Id id;
  do random_bytes(id.bytes);
  while (!id.valid());
  return id;
}

}  // namespace

TraceId TraceId::make() {
  return make_id<TraceId>();
}
std::string TraceId::hex() const {
  return sallyport::hex(bytes);
}

SpanId SpanId::make() {
  return make_id<SpanId>();
}
std::string SpanId::hex() const {
  return sallyport::hex(bytes);
}

std::optional<TraceParent> TraceParent::parse(std::string_view text) noexcept {
  if (text.size() < parent_size || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::byte, 1> version{};
  std::array<std::byte, 1> flags{};
  TraceParent parent;
  if (!read_hex(text.substr(0, 2), version) || version[0] == std::byte{0xFF}) return std::nullopt;
  const bool longer = text.size() > parent_size;
  if (longer && (version[0] == std::byte{0} || text[parent_size] != '-')) return std::nullopt;
  if (!read_hex(text.substr(3, 32), parent.trace.bytes) ||
      !read_hex(text.substr(36, 16), parent.span.bytes) || !read_hex(text.substr(53, 2), flags))
    return std::nullopt;
  if (!parent.trace.valid() || !parent.span.valid()) return std::nullopt;
  parent.sampled = (flags[0] & std::byte{1}) != std::byte{0};
  return parent;
}

std::string TraceParent::text() const {
  return "00-" + trace.hex() + "-" + span.hex() + (sampled ? "-01" : "-00");
}

Trace begin_trace(const std::optional<TraceParent>& caller, bool trusted) {
  Trace trace;
  trace.span = SpanId::make();
  if (caller && trusted) {
    trace.id = caller->trace;
    trace.parent = caller->span;
    trace.sampled = caller->sampled;
    return trace;
  }
  trace.id = TraceId::make();
  trace.link = caller;
  trace.sampled = true;
  return trace;
}

std::string_view checked_tracestate(std::string_view text) noexcept {
  if (text.size() > longest_state) return {};
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
  return plain ? text : std::string_view();
}

}  // namespace sallyport::telemetry
