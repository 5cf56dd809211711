// Any bytes as a request head, a response head and a chunked body: no two readers may differ, and no split of
// a body gives another one.
#include "net/http_head.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport::net;

constexpr HeadLimits limits{4096, 32};
constexpr std::size_t body_limit = 512;

void require(bool condition) {
  if (!condition) std::abort();
}

bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// What a head that was accepted promises to everything behind it.
void check(const MessageHead& head, std::string_view text) {
  require(text.size() <= limits.bytes);
  require(head.fields.size() <= limits.fields);
  for (std::size_t i = 0; i < text.size(); ++i) {
    require(text[i] != '\0');
    require((text[i] == '\n') == (i > 0 && text[i - 1] == '\r'));
  }
  for (const HeaderField& field : head.fields) {
    require(!field.name.empty() && within(field.name, text) && within(field.value, text));
    require(field.name.find_first_of(" \t:\r\n") == std::string_view::npos);
    require(field.value.find_first_of("\r\n") == std::string_view::npos);
    require(field.value.empty() || (field.value.front() != ' ' && field.value.back() != ' '));
  }
  const std::size_t lengths = head.fields.count("content-length");
  const std::size_t encodings = head.fields.count("transfer-encoding");
  require(lengths + encodings <= 1);
  if (head.framing == Framing::chunked) require(encodings == 1);
  if (head.framing == Framing::length) require(lengths == 1 && head.content_length > 0);
}

void check_request(std::string_view text) {
  RequestHead head;
  if (!parse_request_head(text, limits, head)) return;
  check(head, text);
  for (const std::string_view name : {"host", "origin", "authorization", "content-type", "mcp-session-id"}) {
    require(head.fields.count(name) <= 1);
  }
  require(head.http_1_0 || head.fields.count("host") == 1);
  require(!head.method.empty() && (head.target.starts_with('/') || head.target == "*"));
  require(head.target.find_first_of(" \t\r\n") == std::string_view::npos);
  require(head.framing != Framing::until_close);
}

void check_response(std::string_view text) {
  ResponseHead head;
  if (!parse_response_head(text, limits, head)) return;
  check(head, text);
  require(head.status >= 100 && head.status <= 999);
  require(!head.keep_alive || head.framing != Framing::until_close);
}

struct Decoded {
  std::string body;
  std::size_t taken = 0;
  ChunkedDecoder::State state = ChunkedDecoder::State::more;
  bool over_limit = false;
  bool operator==(const Decoded&) const = default;
};

// The length of each piece comes from the input itself, or everything is one piece.
Decoded decode(std::string_view input, bool split) {
  ChunkedDecoder decoder;
  Decoded result;
  while (result.taken < input.size() && decoder.state() == ChunkedDecoder::State::more) {
    const std::string_view rest = input.substr(result.taken);
    const std::size_t size = split ? static_cast<unsigned char>(rest.front()) % 5 + 1u : rest.size();
    const std::size_t n = decoder.feed(rest.substr(0, size), result.body, body_limit);
    require(n > 0);
    result.taken += n;
  }
  require(result.body.size() <= body_limit);
  result.state = decoder.state();
  result.over_limit = decoder.over_limit();
  return result;
}

void check_find(std::string_view text) {
  const std::size_t end = find_head_end(text);
  if (end != std::string_view::npos) require(end <= text.size() && find_head_end(text.substr(0, end)) == end);
  for (std::size_t seen = 0; seen < std::min<std::size_t>(text.size(), 64); ++seen) {
    if (find_head_end(text.substr(0, seen)) == std::string_view::npos)
      require(find_head_end(text, seen) == end);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_find(text);
  const std::string head(
      text.substr(0, find_head_end(text)));  // a copy, so that a read beyond its end is seen
  check_request(head);
  check_response(head);
  require(decode(text, false) == decode(text, true));
  return 0;
}
