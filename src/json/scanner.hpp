// The one strict JSON scanner: checks a whole document once and yields the spans that the caller asked for.
//
// Nothing that it refuses is ever looked at by another part, and everything that another part reads
// (members_of, unescape, Splice, Dom) is text that it has accepted.
#pragma once

#include "json/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::json {

enum class FaultKind : std::uint8_t {
  syntax,             // a character that the grammar does not allow here (a byte order mark too)
  truncated,          // the text ends inside a value, or is empty
  depth,              // Limits::max_depth
  keys,               // Limits::max_keys
  string_too_long,    // Limits::max_string
  too_large,          // Limits::max_bytes
  utf8,               // not UTF-8: overlong, a surrogate, above U+10FFFF, a broken sequence
  control_character,  // below U+0020 inside a string
  duplicate_key,      // equal after unescaping
  trailing_data,      // something other than white space after the value
  number,             // 01, 1., .5, +1, 1e …
  escape,             // \x, \u12, a lone surrogate where Limits forbid it
};

// Why a text was refused and where: the offset of the offending byte, of the opening quote (string_too_long,
// keys, duplicate_key), of the bracket (depth), of the backslash (escape), or the size of the text
// (truncated), or of the limit (too_large).
struct Fault {
  FaultKind kind = FaultKind::syntax;
  std::size_t offset = 0;

  friend bool operator==(const Fault&, const Fault&) = default;
};

// A few words for a message: "duplicate key".
std::string_view describe(FaultKind kind);

struct Limits {
  std::uint32_t max_depth = 64;         // nested arrays and objects: [[]] is 2
  std::uint32_t max_keys = 10'000;      // members of all objects of a document together
  std::size_t max_string = 64U << 20U;  // bytes of one string or key between its quotes, as they stand
  std::size_t max_bytes = 64U << 20U;   // of the whole text; never more than 4 GiB - 1, whatever is set
  bool allow_lone_surrogates = true;    // "\ud800" passes, unchanged
};

enum class Type : std::uint8_t { absent, object, array, string, number, true_value, false_value, null };

// Bytes [begin, end) of the scanned text. Offsets, so that the text may move.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::size_t size() const { return end - begin; }
  std::string_view of(std::string_view text) const { return text.substr(begin, size()); }
  friend bool operator==(const Span&, const Span&) = default;
};

// A value: its type and its bytes without the white space around it (a string's include the quotes).
struct Value {
  Type type = Type::absent;
  Span span;

  explicit operator bool() const { return type != Type::absent; }
  bool is(Type wanted) const { return type == wanted; }
  std::string_view of(std::string_view text) const { return span.of(text); }
  friend bool operator==(const Value&, const Value&) = default;
};

// A member of an object. `bounds` runs from the delimiter before it ('{' or ',') to the delimiter after it
// (',' or
// '}'): what Splice needs to drop it with the right comma.
struct Member {
  Span key;  // with its quotes
  Value value;
  Span bounds;

  explicit operator bool() const { return static_cast<bool>(value); }
  friend bool operator==(const Member&, const Member&) = default;
};

// Which members a scan reports, compiled once and shared by every scan. A path names members of nested
// objects from the root (never elements of arrays); the n-th path fills the n-th slot. Escaped keys match
// too.
//
//   const Query request({"/id", "/method", "/params", "/params/name", "/params/_meta/progressToken",
//                        "/params/_meta/io.modelcontextprotocol~1protocolVersion"});
class Query {
 public:
  Query() = default;
  // JSON Pointers (RFC 6901), not empty. A malformed one, or one twice, is a mistake of the program: abort.
  explicit Query(std::initializer_list<std::string_view> pointers);

  // Adds a path known at run time, given as its unescaped keys (at least one); returns its slot. A path that
  // is there already returns the slot it has. More than max_slots are a mistake of the program: abort.
  std::size_t add(std::span<const std::string> path);

  std::size_t size() const { return slots_; }

  static constexpr std::size_t max_slots = 64;

  static constexpr std::uint32_t no_slot = UINT32_MAX;

  static constexpr std::uint32_t no_node = UINT32_MAX;

  // The compiled tree, for the scanner: node 0 is the root object. A node finds its children by the
  // fingerprints of their keys: `first` by the leading bits, `next` on from there.
  struct Node {
    std::string key;
    std::uint64_t print = 0;  // of the key
    std::uint32_t slot = no_slot;
    std::uint32_t next = no_node;  // a child of the same parent whose print begins alike
    std::array<std::uint32_t, 16> first = no_children();

    static constexpr std::size_t bucket(std::uint64_t print) { return print >> 60U; }

   private:
    static constexpr std::array<std::uint32_t, 16> no_children() {
      std::array<std::uint32_t, 16> none{};
      none.fill(no_node);
      return none;
    }
  };
  const Node& node(std::uint32_t index) const { return nodes_[index]; }
  // The child of `parent` with this key, whose fingerprint is `print`; or no_node.
  std::uint32_t find(std::uint32_t parent, std::uint64_t print, std::string_view key) const {
    std::uint32_t at = nodes_[parent].first[Node::bucket(print)];
    while (at != no_node && (nodes_[at].print != print || !detail::equal_given_prints(nodes_[at].key, key)))
      at = nodes_[at].next;
    return at;
  }

 private:
  std::uint32_t child(std::uint32_t parent, std::string_view key);

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::uint32_t slots_ = 0;
};

// Room for the members that a query of up to `slots` asks for. Only what a scan finds is written, which is
// little of it: a message has few of the members that one may have.
template <std::size_t slots>
  requires(slots <= Query::max_slots)
class Found {
 public:
  bool has(std::size_t slot) const { return (present_ >> slot & 1U) != 0; }
  const Member& operator[](std::size_t slot) const { return has(slot) ? members_[slot].member : absent; }
  void forget(std::size_t slot) { present_ &= ~(1ULL << slot); }

 private:
  friend class FoundRoom;
  static constexpr Member absent{};
  union Room {
    Room() noexcept {}
    Member member;
  };

  static_assert(sizeof(Room) == sizeof(Member));

  std::uint64_t present_ = 0;
  std::array<Room, slots> members_;
};

// Some Found, as a scan fills it.
class FoundRoom {
 public:
  template <std::size_t slots>
  FoundRoom(Found<slots>& found)
      : members_(&found.members_.data()->member), present_(&found.present_), size_(slots) {}
  FoundRoom(std::span<Member> members, std::uint64_t& present)
      : members_(members.data()), present_(&present), size_(members.size()) {}

  std::size_t size() const { return size_; }
  void clear() { *present_ = 0; }
  // Null: it is there already.
  Member* take(std::uint32_t slot) {
    const std::uint64_t bit = 1ULL << slot;
    if ((*present_ & bit) != 0) return nullptr;
    *present_ |= bit;
    return std::construct_at(members_ + slot);
  }

 private:
  Member* members_;
  std::uint64_t* present_;
  std::size_t size_;
};

// What a scan says of the document as a whole.
struct Document {
  Value root;                // an array: elements_of() gives a batch's messages
  bool line_breaks = false;  // CR or LF stands outside strings: a line-framed peer needs line_safe()
  std::uint32_t keys = 0;
};

// Checks `text` against RFC 8259 and `limits`, and fills found[slot] for every path of `query` (absent where
// the document has none). `found` has at least query.size() entries, else abort; after a Fault its contents
// mean nothing. Takes no memory in the common case, at most O(max_keys + max_depth + escaped keys), kept per
// thread for the next scan.
std::expected<Document, Fault> scan(std::string_view text, const Query& query, FoundRoom found,
                                    const Limits& limits = {});

// The same into members that stand for themselves.
std::expected<Document, Fault> scan(std::string_view text, const Query& query, std::span<Member> found,
                                    const Limits& limits = {});

// The same without a question.
std::expected<Document, Fault> scan(std::string_view text, const Limits& limits = {});

// ---- Reading text that has been scanned. Anything else here is a mistake of the caller. Never reads outside
// `text`.

// The members of an object one after the other, straight from the bytes: no memory, one cheap pass. Spans are
// offsets into `text`.
class MemberCursor {
 public:
  MemberCursor(std::string_view text, Span object);
  std::optional<Member> next();

 private:
  std::string_view text_;
  std::size_t at_;   // the delimiter before the next member
  std::size_t end_;  // the closing brace
};

// The elements of an array in the same way.
class ElementCursor {
 public:
  ElementCursor(std::string_view text, Span array);
  std::optional<Value> next();

 private:
  std::string_view text_;
  std::size_t at_;
  std::size_t end_;
};

// All of them at once, at most `max` (a hostile array of two-byte elements is longer than it looks): to learn
// that there are more than n, ask for n + 1.
std::vector<Member> members_of(std::string_view text, Span object, std::size_t max = 10'000);
std::vector<Value> elements_of(std::string_view text, Span array, std::size_t max = 10'000);

// The member of an object with this (unescaped) key; absent if there is none.
Member find_member(std::string_view text, Span object, std::string_view key);

// ---- Strings and numbers. A "literal" is a JSON string with its quotes, as a scan accepted it.

// The text of a literal. A lone surrogate becomes its three-byte generalised UTF-8 form, which equals no
// valid text and which quote() turns back into the escape.
std::string unescape(std::string_view literal);
bool equals_unescaped(std::string_view literal, std::string_view text);

// A JSON string literal for any bytes whatever: control characters, quote and backslash are escaped, bytes
// that are not UTF-8 become U+FFFD; U+2028 and U+2029 stay.
std::string quote(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

// The value of an integer literal (no fraction, no exponent) that fits; nothing else.
std::optional<std::int64_t> as_int64(std::string_view number);

}  // namespace sallyport::json
