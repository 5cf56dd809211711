// Any bytes, split anywhere, give the same events and stay within the limits; what we write reads back.
#include "net/sse.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using sallyport::net::SseParser;

constexpr SseParser::Limits limits = {.line = 256, .event = 512};

void require(bool condition) {
  if (!condition) std::abort();
}

struct Event {
  std::string event;
  std::string data;
  std::string id;
  bool operator==(const Event&) const = default;
};

struct Outcome {
  std::vector<Event> events;
  std::string last_event_id;
  bool failed = false;
  bool operator==(const Outcome&) const = default;
};

// The length of each piece comes from the input itself, or everything is one piece.
Outcome parse(std::string_view input, bool split) {
  SseParser parser(limits);
  Outcome outcome;
  while (!input.empty() && !outcome.failed) {
    const std::size_t size = split ? static_cast<unsigned char>(input.front()) % 7 + 1u : input.size();
    std::string_view piece = input.substr(0, size);
    input.remove_prefix(piece.size());
    for (;;) {
      const auto event = parser.next(piece);
      outcome.failed = !event;
      if (!event || !*event) break;
      const auto& [name, data, id] = **event;
      require(data.size() <= limits.event);
      require(!name.empty());
      outcome.events.push_back({std::string(name), std::string(data), std::string(id)});
    }
    require(outcome.failed || piece.empty());
  }
  outcome.last_event_id = parser.last_event_id();
  return outcome;
}

void check_round_trip(std::string_view data) {
  std::string stream;
  sallyport::net::append_sse_event(stream, data, data, data);
  SseParser parser;
  std::string_view rest = stream;
  const auto event = parser.next(rest);
  require(event && *event && rest.empty() && parser.idle());
  if (data.find('\r') == data.npos) require((*event)->data == data);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  require(parse(input, false) == parse(input, true));
  check_round_trip(input);
  return 0;
}
