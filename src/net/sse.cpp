#include "net/sse.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace sallyport::net {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Looks in short blocks, so that a stream of lone carriage returns does not cost a search of everything for
// each.
std::size_t find_line_end(std::string_view text) noexcept {
  constexpr std::size_t block_size = 512;
  for (std::size_t start = 0; start < text.size(); start += block_size) {
    const std::string_view block = text.substr(start, block_size);
    const std::size_t feed = block.find('\n');
    const std::size_t end = std::min(feed, block.substr(0, feed).find('\r'));
    if (end != block.npos) return start + end;
  }
  return text.npos;
}

// A number that would not fit is as good as none.
std::optional<std::chrono::milliseconds> parse_retry(std::string_view value) noexcept {
  if (value.empty() || value.find_first_not_of("0123456789") != value.npos) return std::nullopt;
  const auto number = parse_int<std::int64_t>(value);
  if (!number) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

std::string_view without_line_ends(std::string_view text) noexcept {
  constexpr std::array<char, 3> ends = {'\r', '\n', '\0'};
  return text.substr(0, text.find_first_of(std::string_view(ends.data(), ends.size())));
}

// A peer that once sent much does not make us keep as much for the rest of a long stream.
void clear(std::string& text) {
  constexpr std::size_t kept_capacity = 64u << 10;
  text.clear();
  if (text.capacity() > kept_capacity) text.shrink_to_fit();
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\n");
}

}  // namespace

Result<std::optional<SseEvent>> SseParser::next(std::string_view& input) {
  if (failed_) return fail(*failed_);
  if (dispatched_) start_event();
  while (!input.empty()) {
    if (std::exchange(after_return_, false) && input.front() == '\n') {
      input.remove_prefix(1);
      continue;
    }
    const std::size_t end = find_line_end(input);
    const std::string_view piece = input.substr(0, end);
    if (line_.size() + piece.size() > limits_.line) return fail(too_large(limits_.line));
    if (end == input.npos) {
      line_ += piece;
      input = {};
      break;
    }
    after_return_ = input[end] == '\r';
    input.remove_prefix(end + 1);
    if (!line_.empty()) line_ += piece;
    const bool complete = TRY(take_line(line_.empty() ? piece : std::string_view(line_)));
    clear(line_);
    if (!complete) continue;
    dispatched_ = true;
    return SseEvent{
        .event = event_.empty() ? "message" : std::string_view(event_), .data = data_, .id = last_event_id_};
  }
  return std::nullopt;
}

Result<bool> SseParser::take_line(std::string_view line) {
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  if (line.empty()) {
    last_event_id_ = id_;
    if (has_data_) return true;
    start_event();
    return false;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return false;
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  TRY(take_field(line.substr(0, colon), value));
  return false;
}

Result<> SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (data_.size() + value.size() + 1 > limits_.event) return fail(too_large(limits_.event));
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) id_ = value;
  } else if (name == "retry") {
    if (const auto time = parse_retry(value)) retry_ = time;
  }
  return {};
}

Error SseParser::too_large(std::size_t limit) {
  failed_ = Error(Code::limit_result_too_large)
                .with_phase(Phase::receive)
                .with_slot(Slot::limit, static_cast<std::int64_t>(limit));
  return *failed_;
}

void SseParser::start_event() {
  clear(data_);
  clear(event_);
  has_data_ = false;
  dispatched_ = false;
}

void append_sse_event(std::string& out, std::string_view data, std::string_view event, std::string_view id) {
  if (!event.empty()) append_field(out, "event", without_line_ends(event));
  if (!id.empty()) append_field(out, "id", without_line_ends(id));
  for (;;) {
    const std::size_t end = find_line_end(data);
    append_field(out, "data", data.substr(0, end));
    if (end == data.npos) break;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  out += '\n';
}

}  // namespace sallyport::net
