// Builds a text from slices of a scanned one: members removed, values replaced, members added, the rest byte
// for byte.
#pragma once

#include "json/scanner.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/container/small_vector.hpp>

namespace sallyport::json {

// A list of edits of one scanned text, in any order. The text and the strings given must outlive the Splice.
// Commas come out right whatever is removed and added, down to an empty object.
//
//   std::string out = Splice(text).replace(id.value.span, "7").remove(token).append_member(meta, "k",
//   "1").to_string();
//
// Edits may not overlap (a value replaced inside a member that is removed, a member added to an object that
// is, the same member twice) nor lie outside the text: that is a mistake of the program, answered by abort,
// never by a broken document on the wire.
class Splice {
 public:
  explicit Splice(std::string_view text) : text_(text) {}

  // Drops a member with its comma; nothing to do if it is absent. `member` comes from a scan or from
  // members_of.
  Splice& remove(const Member& member);
  // Puts `json` (a valid JSON text) in the place of these bytes, a value or a key.
  Splice& replace(Span span, std::string_view json);
  // Adds a member at the end or at the start of an object, behind those that were added there before; `key`
  // is plain text, `json` a valid JSON text. That the object has no such key, or loses it here, is the
  // caller's business.
  Splice& append_member(Span object, std::string_view key, std::string_view json);
  Splice& prepend_member(Span object, std::string_view key, std::string_view json);

  std::string to_string() const;
  void append_to(std::string& out) const;

 private:
  enum class Kind : std::uint8_t { prepend, remove, replace, append };  // their order where they meet
  struct Edit {
    Kind kind;
    Span span;          // remove: the bounds; replace: the bytes; prepend, append: the object
    std::size_t begin;  // of what is put in, in added_
    std::size_t end;
  };

  static constexpr std::size_t usual_edits = 4;

  Span cut(const Edit& edit) const;
  Splice& insert(Kind kind, Span span, std::size_t added);  // what was added_ last
  Splice& insert_member(Kind kind, Span object, std::string_view key, std::string_view json);
  bool keeps_members(Span object) const;

  std::string_view text_;
  boost::container::small_vector<Edit, usual_edits> edits_;  // by place
  std::string added_;
};

// ---- Line framing: what goes to a peer that splits at line breaks holds none. In scanned text CR and LF
// stand only outside strings, where a space says the same.

// Replaces every CR and LF by a space.
void line_safe(std::string& text);
void append_line_safe(std::string& out, std::string_view text);

}  // namespace sallyport::json
