// HTTP/1.1 message heads, parsed strictly: what two parsers could read differently is refused (RFC 9112
// section 11).
#pragma once

#include "base/strings.hpp"
#include "errors/result.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

namespace sallyport::net {

// Equal for names that differ in case only, and for few others: most unequal names are told apart by one
// comparison.
constexpr std::uint32_t name_print(std::string_view name) noexcept {
  if (name.empty()) return 0;
  const auto folded = [&](std::size_t at) { return static_cast<unsigned char>(name[at]) | 0x20U; };
  return static_cast<std::uint32_t>(name.size()) << 24U | folded(0) << 16U | folded(name.size() / 2) << 8U |
         folded(name.size() - 1);
}

// A name that is written in the program, with its print.
struct HeaderName {
  consteval HeaderName(const char* name) : text(name), print(name_print(name)) {}

  std::string_view text;
  std::uint32_t print;
};

struct HeaderField {
  std::string_view name;
  std::string_view value;  // without the white space around it
  std::uint32_t print;     // of the name

  bool is(HeaderName other) const noexcept { return print == other.print && iequals(name, other.text); }
  bool has_name_of(const HeaderField& other) const noexcept {
    return print == other.print && iequals(name, other.name);
  }
};

// Fields in the order they came. The views point into the connection's buffer.
class HeaderFields {
 public:
  void clear() noexcept {
    fields_.clear();
    first_ = {};
  }
  void add(std::string_view name, std::string_view value) {
    const std::uint32_t print = name_print(name);
    std::uint8_t& first = first_[bucket(print)];
    fields_.push_back({name, value, print});
    if (first == 0) first = static_cast<std::uint8_t>(std::min<std::size_t>(fields_.size(), UINT8_MAX));
  }
  std::optional<std::string_view> find(
      HeaderName name) const noexcept;  // the first; names compare without case
  std::size_t count(std::string_view name) const noexcept;
  bool repeats(const HeaderField& field) const noexcept;  // does one before it have its name?
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  static constexpr std::size_t buckets = 64;
  static constexpr std::size_t bucket(std::uint32_t print) noexcept { return print * 0x9E3779B1U >> 26U; }

  // From here on stand those whose print falls into that bucket: at most one of them, mostly.
  std::span<const HeaderField> from_first(std::uint32_t print) const noexcept {
    const std::size_t first = first_[bucket(print)];
    if (first == 0) return {};
    return std::span(fields_.data(), fields_.size()).subspan(first - 1);
  }

  boost::container::small_vector<HeaderField, 16> fields_;
  // By bucket: where the first field of it stands, counted from 1, or at least no later; 0: there is none.
  std::array<std::uint8_t, buckets> first_{};
};

// How the length of a body is known (RFC 9112 section 6.3).
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct MessageHead {
  HeaderFields fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

struct RequestHead : MessageHead {
  std::string_view method;
  std::string_view target;
  bool http_1_0 = false;
  bool expects_continue = false;
};

struct ResponseHead : MessageHead {
  int status = 0;
};

struct HeadLimits {
  std::size_t bytes = 32 * 1024;
  std::size_t fields = 100;
};

// Where the head ends (behind its empty line), or npos. Looks only at what came since `from`. Lines that end
// with a bare LF count: a head of them has to be refused, not waited for.
std::size_t find_head_end(std::string_view bytes, std::size_t from = 0) noexcept;

// Parses a complete head, empty line included. An absolute-form target that names its Host becomes
// origin-form. A refusal is PROTO_002 with what is wrong as its `constraint`.
Result<void> parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head);

// A refusal is NET_006, as is 101: nothing here asks for another protocol.
Result<void> parse_response_head(std::string_view bytes, const HeadLimits& limits, ResponseHead& head);

// Decodes a chunked body (RFC 9112 section 7.1) from any split of its bytes.
class ChunkedDecoder {
 public:
  enum class State : std::uint8_t { more, done, malformed };

  // Takes bytes from the front of `input`, appends decoded ones to `output`, at most up to `limit` bytes in
  // all; what goes beyond the limit is `over_limit`. Returns how many bytes it took.
  std::size_t feed(std::string_view input, std::string& output, std::size_t limit);
  State state() const noexcept { return state_; }
  bool over_limit() const noexcept { return over_limit_; }

 private:
  enum class Step : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf
  };

  State fail() noexcept { return state_ = State::malformed; }
  bool step(char c) noexcept;

  Step step_ = Step::size;
  State state_ = State::more;
  std::uint64_t left_ = 0;
  unsigned digits_ = 0;
  std::size_t overhead_ = 0;  // bytes of extensions and trailers, bounded
  bool over_limit_ = false;
};

}  // namespace sallyport::net
