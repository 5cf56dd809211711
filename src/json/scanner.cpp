#include "json/scanner.hpp"

#include "json/bytes.hpp"
#include "json/key_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace sallyport::json {
namespace {

enum class Container : std::uint8_t { none, object, array };

// An array or object that is open; the outermost frame is none and holds the document's value.
struct Frame {
  Container container = Container::none;
  std::uint32_t begin = 0;  // its bracket
  std::size_t keys = 0;     // KeySet's mark
  std::uint32_t node =
      Query::no_node;        // of the query, for its own members; no_node: nothing here is asked for
  std::uint32_t child = 0;   // of the query, for the members of the value that is being read
  Member* wanted = nullptr;  // where the member that is being read goes
};

// What a scan needs beside the text; kept per thread, so that a scan takes no memory.
struct Scratch {
  std::vector<Frame> frames;
  detail::KeySet keys;
};

// The grammar as a state machine with its own stack. A step returns false with fault_ set.
class Machine {
 public:
  Machine(std::string_view text, const Query& query, FoundRoom found, const Limits& limits, Scratch& scratch)
      : begin_(text.data()),
        end_(begin_ + text.size()),
        at_(begin_),
        query_(query),
        found_(found),
        limits_(limits),
        frames_(scratch.frames),
        keys_(scratch.keys) {
    frames_.clear();
    keys_.reset(text);
  }

  std::expected<Document, Fault> run() {
    if (!document()) return std::unexpected(fault_);
    return document_;
  }

 private:
  enum class State : std::uint8_t { value, after, done };

  bool fail(FaultKind kind, const char* where) {
    fault_ = {kind, static_cast<std::size_t>(where - begin_)};
    return false;
  }
  bool fail_here(FaultKind kind) { return at_ == end_ ? fail(FaultKind::truncated, end_) : fail(kind, at_); }

  std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }

  void skip_space() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ') skip_spaces();
  }
  [[gnu::noinline]] void skip_spaces() {
    const char* at = at_;
    for (; at != end_ && static_cast<unsigned char>(*at) <= ' '; ++at) {
      if (*at == '\n' || *at == '\r') {
        document_.line_breaks = true;
      } else if (*at != ' ' && *at != '\t') {
        break;
      }
    }
    at_ = at;
  }

  bool document();
  bool value();
  bool after();
  bool open(Container container);
  bool close();
  bool key(const char* delimiter);
  std::uint32_t select(const detail::KeySet::Key& key);
  bool string();
  [[gnu::noinline]] bool rest_of_string(const char* begin);
  bool end_of_string(const char* begin);
  bool escape();
  bool unicode_escape(unsigned& unit);
  bool not_ascii();
  bool number();
  bool digits();
  bool literal(std::string_view word);
  void complete(const char* begin, Type type);
  void end_member();

  const char* begin_;
  const char* end_;
  const char* at_;
  const Query& query_;
  FoundRoom found_;
  const Limits& limits_;
  Frame top_;                   // the innermost that is open
  std::vector<Frame>& frames_;  // those around it
  detail::KeySet& keys_;
  State state_ = State::value;
  bool escaped_ = false;  // the string read last has an escape
  Document document_;
  Fault fault_;
};

// Behind the opening quote; reads the closing one. Most strings are plain up to there.
inline bool Machine::string() {
  const char* const begin = at_;
  escaped_ = false;
  at_ = detail::skip_plain(begin, end_);
  return at_ != end_ && *at_ == '"' ? end_of_string(begin) : rest_of_string(begin);
}

inline bool Machine::end_of_string(const char* begin) {
  if (static_cast<std::size_t>(at_ - begin) > limits_.max_string)
    return fail(FaultKind::string_too_long, begin - 1);
  ++at_;
  return true;
}

bool Machine::document() {
  skip_space();
  while (state_ != State::done) {
    if (!(state_ == State::value ? value() : after())) return false;
  }
  return at_ == end_ || fail(FaultKind::trailing_data, at_);
}

// At the first byte of a value. A scalar or an empty container is read whole, another container up to its
// first value.
bool Machine::value() {
  if (at_ == end_) return fail(FaultKind::truncated, end_);
  const char* const begin = at_;
  Type type = Type::number;
  switch (*at_) {
    case '"':
      ++at_;
      if (!string()) return false;
      type = Type::string;
      break;
    case '{':
      return open(Container::object);
    case '[':
      return open(Container::array);
    case 't':
      if (!literal("true")) return false;
      type = Type::true_value;
      break;
    case 'f':
      if (!literal("false")) return false;
      type = Type::false_value;
      break;
    case 'n':
      if (!literal("null")) return false;
      type = Type::null;
      break;
    case '+':
    case '.':
      return fail(FaultKind::number, at_);
    default:
      if (*at_ != '-' && !detail::is_digit(*at_)) return fail(FaultKind::syntax, at_);
      if (!number()) return false;
  }
  complete(begin, type);
  return true;
}

bool Machine::open(Container container) {
  if (frames_.size() >= limits_.max_depth) return fail(FaultKind::depth, at_);
  const bool is_object = container == Container::object;
  frames_.push_back(top_);
  top_ = {.container = container,
          .begin = offset(at_),
          .keys = keys_.mark(),
          .node = is_object ? top_.child : Query::no_node,
          .child = Query::no_node};
  const char* const bracket = at_++;
  skip_space();
  if (at_ != end_ && *at_ == (is_object ? '}' : ']')) return close();
  state_ = State::value;
  return !is_object || key(bracket);
}

// At the closing bracket of the innermost container.
bool Machine::close() {
  const Frame closed = top_;
  const bool is_object = closed.container == Container::object;
  if (is_object) {
    if (const auto repeated = keys_.close(closed.keys))
      return fail(FaultKind::duplicate_key, begin_ + *repeated - 1);
  }
  top_ = frames_.back();
  frames_.pop_back();
  ++at_;
  complete(begin_ + closed.begin, is_object ? Type::object : Type::array);
  return true;
}

// Behind a value: on to the next one, or out of the container.
bool Machine::after() {
  skip_space();
  if (top_.container == Container::none) {
    state_ = State::done;
    return true;
  }
  if (at_ == end_) return fail(FaultKind::truncated, end_);
  const bool is_object = top_.container == Container::object;
  if (*at_ == ',') {
    end_member();
    const char* const comma = at_++;
    skip_space();
    state_ = State::value;
    return !is_object || key(comma);
  }
  if (*at_ != (is_object ? '}' : ']')) return fail(FaultKind::syntax, at_);
  end_member();
  return close();
}

// At the quote of a key; reads on to the member's value.
bool Machine::key(const char* delimiter) {
  if (at_ == end_ || *at_ != '"') return fail_here(FaultKind::syntax);
  const char* const begin = at_++;
  if (!string()) return false;
  if (document_.keys == limits_.max_keys) return fail(FaultKind::keys, begin);
  ++document_.keys;
  const Span literal{offset(begin), offset(at_)};
  const auto size = static_cast<std::uint32_t>(literal.size() - 2);
  const detail::KeySet::Key key =
      escaped_ ? keys_.escaped(literal.begin + 1, size) : keys_.plain(literal.begin + 1, size);
  const std::uint32_t slot = top_.node != Query::no_node ? select(key) : Query::no_slot;
  if (slot == Query::no_slot) {
    if (!keys_.add(top_.keys, key)) return fail(FaultKind::duplicate_key, begin);
  } else {
    // Its slot tells whether it came before: no key that has another one, or none, says the same.
    top_.wanted = found_.take(slot);
    if (top_.wanted == nullptr) return fail(FaultKind::duplicate_key, begin);
    top_.wanted->key = literal;
    top_.wanted->bounds.begin = offset(delimiter);
  }
  skip_space();
  if (at_ == end_ || *at_ != ':') return fail_here(FaultKind::syntax);
  ++at_;
  skip_space();
  return true;
}

// The slot of the member that begins, if it was asked for; it may lead to one that was, too.
inline std::uint32_t Machine::select(const detail::KeySet::Key& key) {
  top_.wanted = nullptr;
  top_.child = query_.find(top_.node, key.print, key.view());
  return top_.child == Query::no_node ? Query::no_slot : query_.node(top_.child).slot;
}

// A value ends at at_.
void Machine::complete(const char* begin, Type type) {
  state_ = State::after;
  const Value value{type, {offset(begin), offset(at_)}};
  if (top_.container == Container::none) document_.root = value;
  if (top_.wanted != nullptr) top_.wanted->value = value;
}

// At the delimiter behind a member.
void Machine::end_member() {
  if (top_.wanted != nullptr) top_.wanted->bounds.end = offset(at_);
}

bool Machine::rest_of_string(const char* begin) {
  for (;; at_ = detail::skip_plain(at_, end_)) {
    if (at_ == end_) return fail(FaultKind::truncated, end_);
    const auto byte = static_cast<unsigned char>(*at_);
    if (byte == '"') return end_of_string(begin);
    if (byte == '\\') {
      escaped_ = true;
      if (!escape()) return false;
    } else if (byte < 0x20) {
      return fail(FaultKind::control_character, at_);
    } else if (!not_ascii()) {
      return false;
    }
  }
}

// At a byte from 0x80 on; reads as many such characters as follow.
bool Machine::not_ascii() {
  do {
    const detail::Sequence sequence = detail::utf8_sequence(at_, end_);
    if (sequence.length == 0) {
      return sequence.truncated ? fail(FaultKind::truncated, end_) : fail(FaultKind::utf8, at_);
    }
    at_ += sequence.length;
  } while (at_ != end_ && static_cast<unsigned char>(*at_) >= 0x80);
  return true;
}

// At a backslash.
bool Machine::escape() {
  if (end_ - at_ < 2) return fail(FaultKind::truncated, end_);
  if (at_[1] != 'u') {
    if (at_[1] == '\0' || std::strchr("\"\\/bfnrt", at_[1]) == nullptr) return fail(FaultKind::escape, at_);
    at_ += 2;
    return true;
  }
  const char* const begin = at_;
  unsigned unit = 0;
  if (!unicode_escape(unit)) return false;
  if (limits_.allow_lone_surrogates || unit < 0xD800 || unit > 0xDFFF) return true;
  if (detail::is_low_surrogate(unit)) return fail(FaultKind::escape, begin);
  if (at_ == end_ || (*at_ == '\\' && end_ - at_ < 2)) return fail(FaultKind::truncated, end_);
  if (*at_ != '\\' || at_[1] != 'u') return fail(FaultKind::escape, begin);
  if (!unicode_escape(unit)) return false;
  return detail::is_low_surrogate(unit) || fail(FaultKind::escape, begin);
}

// At the backslash of \uXXXX.
bool Machine::unicode_escape(unsigned& unit) {
  unit = 0;
  for (int i = 2; i < 6; ++i) {
    if (end_ - at_ <= i) return fail(FaultKind::truncated, end_);
    const int digit = detail::hex_digit(at_[i]);
    if (digit < 0) return fail(FaultKind::escape, at_);
    unit = unit << 4U | static_cast<unsigned>(digit);
  }
  at_ += 6;
  return true;
}

// At a digit or a minus.
bool Machine::number() {
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
    if (at_ != end_ && detail::is_digit(*at_)) return fail(FaultKind::number, at_);
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  return true;
}

// One digit at least.
bool Machine::digits() {
  if (at_ == end_ || !detail::is_digit(*at_)) return fail_here(FaultKind::number);
  while (at_ != end_ && detail::is_digit(*at_)) ++at_;
  return true;
}

bool Machine::literal(std::string_view word) {
  const auto available = static_cast<std::size_t>(end_ - at_);
  const std::size_t compared = std::min(available, word.size());
  if (std::memcmp(at_, word.data(), compared) != 0) return fail(FaultKind::syntax, at_);
  if (compared < word.size()) return fail(FaultKind::truncated, end_);
  at_ += word.size();
  return true;
}

}  // namespace

std::expected<Document, Fault> scan(std::string_view text, const Query& query, FoundRoom found,
                                    const Limits& limits) {
  static thread_local Scratch scratch;
  if (found.size() < query.size()) std::abort();
  const std::size_t max_bytes = std::min<std::size_t>(limits.max_bytes, UINT32_MAX);
  if (text.size() > max_bytes) return std::unexpected(Fault{FaultKind::too_large, max_bytes});
  found.clear();
  return Machine(text, query, found, limits, scratch).run();
}

std::expected<Document, Fault> scan(std::string_view text, const Query& query, std::span<Member> found,
                                    const Limits& limits) {
  std::uint64_t present = 0;
  std::ranges::fill(found, Member());
  return scan(text, query, FoundRoom(found, present), limits);
}

std::expected<Document, Fault> scan(std::string_view text, const Limits& limits) {
  static const Query nothing;
  return scan(text, nothing, std::span<Member>(), limits);
}

}  // namespace sallyport::json
