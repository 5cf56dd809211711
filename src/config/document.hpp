// A parsed file as a tree in which every node knows its place; the same tree for YAML and for JSON with
// comments.
#pragma once

#include "config/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

inline constexpr std::size_t max_file_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_file_depth = 32;

struct Member;

struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };

  Node() = default;
  Node(Kind what, Position where);

  Kind kind = Kind::null;
  Position at;
  std::string text;     // of a scalar, as it means, not as it is quoted
  bool quoted = false;  // a scalar that can be nothing but text
  std::vector<Node> items;
  std::vector<Member> members;  // each key once: of duplicates, which were reported, the first

  const Node* find(std::string_view key) const;
};

struct Member {
  Node key;
  Node value;
};

// Finds places in a text: line ends are LF, CR LF counts as one.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);

  Position at_offset(std::size_t byte) const;
  // Both count from 0, the column in bytes; beyond the text means its end.
  Position at_line(std::size_t line, std::size_t byte_column) const;
  std::size_t offset(std::size_t line, std::size_t byte_column) const;

 private:
  std::size_t code_points_before(std::size_t byte) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::vector<std::size_t> blocks_;  // code points before each block of bytes
};

// Nothing if the text has no tree: a syntax error is reported alone. Duplicate keys, anchors, aliases, merge
// keys and tags are reported too and leave a tree behind, so that the rest of the file can be looked at.
std::optional<Node> parse_yaml(std::string_view text, Report& report);
std::optional<Node> parse_jsonc(std::string_view text, Report& report);

// What both parsers refuse before they start: bytes that are not UTF-8, control characters, too much. Takes
// off a byte order mark.
bool check_text(std::string_view& text, Report& report);

// The keys that a map has so far.
class Keys {
 public:
  // Reports the second of two equal keys; true for a new one.
  bool add(const Node& key, Report& report);

 private:
  std::map<std::string, std::size_t, std::less<>> lines_;
};

}  // namespace sallyport::config
