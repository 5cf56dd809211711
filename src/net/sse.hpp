// Reads and writes text/event-stream (WHATWG HTML, section 9.2), without I/O and within bounds.
#pragma once

#include "errors/result.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::net {

// The views live until the next call of the parser that gave them.
struct SseEvent {
  std::string_view event;  // "message" unless the stream names another
  std::string_view data;
  std::string_view id;  // the last id that the stream gave, this event's or an earlier one's
};

// Takes a byte stream in pieces of any size:
//
//   while (auto event = CO_TRY(parser.next(bytes))) …
//
// Bytes are not checked for UTF-8: whoever reads the data does that. At the end of a stream an unfinished
// event is to be dropped with the parser; `idle` tells whether there was one.
class SseParser {
 public:
  struct Limits {
    std::size_t line = 64u << 20;   // bytes of one line, comments included
    std::size_t event = 64u << 20;  // bytes of the data of one event
  };

  SseParser() : SseParser(Limits{}) {}
  explicit SseParser(Limits limits) : limits_(limits) {}

  // Consumes from the front of `input` until one event is complete, or all of it. LIMIT_006 if the stream
  // passes a limit; the parser then gives the same error for ever.
  Result<std::optional<SseEvent>> next(std::string_view& input);

  // What to send as Last-Event-ID; empty if there was none.
  std::string_view last_event_id() const noexcept { return last_event_id_; }

  // The last reconnection time that the stream asked for.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

  // Bytes of the unfinished line and event.
  std::size_t held() const noexcept { return line_.size() + (dispatched_ ? 0 : data_.size()); }

  // Nothing of an unfinished line or event is held.
  bool idle() const noexcept { return line_.empty() && (dispatched_ || (!has_data_ && event_.empty())); }

 private:
  Result<bool> take_line(std::string_view line);  // true: an event is complete
  Result<> take_field(std::string_view name, std::string_view value);
  Error too_large(std::size_t limit);
  void start_event();

  Limits limits_;
  std::string line_;  // the beginning of a line whose end has not come
  std::string data_;
  std::string event_;
  std::string id_;  // becomes last_event_id_ at the next empty line
  std::string last_event_id_;
  std::optional<std::chrono::milliseconds> retry_;
  std::optional<Error> failed_;
  bool has_data_ = false;      // a data field came, even an empty one
  bool dispatched_ = false;    // data_ and event_ still hold the event given last
  bool first_line_ = true;     // a byte order mark may stand before it
  bool after_return_ = false;  // a line feed here belongs to the carriage return before it
};

// Keeps a connection with nothing to say alive; a reader ignores it.
inline constexpr std::string_view sse_keep_alive = ": keep-alive\n\n";

// Appends one event. Line ends within `data` become further data lines, so that nothing in it can end the
// event or start a field; `event` and `id` are ours and end at a line end or NUL, should one be there.
void append_sse_event(std::string& out, std::string_view data, std::string_view event = {},
                      std::string_view id = {});

}  // namespace sallyport::net
