// Any bytes as a request head, a response head and a chunked body: no two readers may differ, Beast's parser
// reads the same, and no split of a body gives another one.
#include "net/http_head.hpp"

#include "net/head_grammar.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/src.hpp>

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

// The oracle: what Beast makes of a head, none of whose lines is one that it repairs.
template <bool is_request>
class Beast final : public boost::beast::http::basic_parser<is_request> {
 public:
  bool accepts(std::string_view head) {
    this->header_limit(limits.bytes);
    this->body_limit(boost::none);
    this->skip(true);
    boost::system::error_code error;
    const std::size_t taken = this->put(boost::asio::const_buffer(head.data(), head.size()), error);
    return !error && this->is_header_done() && taken == head.size();
  }

  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view method;
  std::string_view target;
  int status = 0;
  int minor = 0;

 private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;
  static std::string_view view(text s) noexcept { return {s.data(), s.size()}; }

  void on_request_impl(boost::beast::http::verb, text verb, text uri, int version, error_code&) override {
    minor = version - 10;
    method = view(verb);
    target = view(uri);
  }
  void on_response_impl(int code, text, int version, error_code&) override {
    minor = version - 10;
    status = code;
  }
  void on_field_impl(boost::beast::http::field, text name, text value, error_code&) override {
    fields.emplace_back(view(name), view(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}
};

// Beast joins a folded line to the one before it.
bool folded(std::string_view head) {
  return head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos;
}

// The grammar alone: what it accepts Beast accepts and reads alike, and what Beast accepts it accepts, but
// for folded lines and what Beast says of the values that decide_framing() judges.
template <bool is_request>
void compare(std::string_view head) {
  HeadGrammar grammar(head);
  HeaderFields fields;
  std::string_view method;
  std::string_view target;
  bool http_1_0 = false;
  int status = 0;
  const bool ours =
      (is_request ? grammar.request_line(method, target, http_1_0) : grammar.status_line(http_1_0, status)) &&
      grammar.fields(fields);
  Beast<is_request> beast;
  const bool theirs = beast.accepts(head);
  const bool framed = fields.count("content-length") + fields.count("transfer-encoding") > 0;
  if (!ours) return require(!theirs || folded(head));
  if (!theirs) return require(framed || head.size() > limits.bytes);
  require(method == beast.method && target == beast.target && status == beast.status);
  require(http_1_0 == (beast.minor == 0));
  require(std::ranges::equal(fields, beast.fields, [](const HeaderField& a, const auto& b) {
    return a.name == b.first && a.value == b.second;
  }));
}

void check_request(std::string_view text) {
  compare<true>(text);
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
  compare<false>(text);
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
