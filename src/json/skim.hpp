// Reads past a message that is too long to keep, and remembers only whom it was for: the top-level `id`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::json {

// Fed the bytes of one JSON object in pieces of any size, from its first byte; keeps track of strings and
// depth in constant memory and captures the raw text of the first top-level "id" that is a string or an
// integer of at most max_id bytes. It checks nothing else: garbage yields no id or some id, never a fault.
class Skimmer {
 public:
  static constexpr std::size_t max_id = 64;

  void feed(std::string_view bytes);

  // Valid JSON, with the quotes of a string; a view into the skimmer.
  std::optional<std::string_view> id() const;

 private:
  enum class Capture : std::uint8_t { nothing, key, text, number };

  const char* in_string(const char* at, const char* end);
  void outside(char c);
  void keep(char c);
  void begin(Capture capture);
  void finish();
  bool at_member() const { return depth_ == 1 && !done_; }

  std::array<char, max_id> kept_{};  // of what is being captured, in the end of the id
  std::size_t size_ = 0;             // beyond max_id: too long
  std::uint64_t depth_ = 0;
  Capture capture_ = Capture::nothing;
  bool in_string_ = false;
  bool escaped_ = false;    // behind a backslash
  bool key_next_ = false;   // a string at depth 1 is a key
  bool key_is_id_ = false;  // the value to come is the id's
  bool done_ = false;       // the id is known, the object is closed, or it never was one
  bool found_ = false;
};

}  // namespace sallyport::json
