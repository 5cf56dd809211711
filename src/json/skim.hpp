// Reads past a message that is too long to keep, and remembers only whom it was for: the top-level `id`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::json {

// Fed the bytes of one JSON object in pieces of any size (the whole message, from its first byte), keeps track of
// strings and depth in constant memory and captures the raw text of the first top-level "id" that is a string or an
// integer of at most 64 bytes. It checks nothing else: garbage yields no id or some id, never a fault.
class Skimmer {
 public:
  static constexpr std::size_t max_id = 64;

  void feed(std::string_view bytes);

  // Raw JSON text, with the quotes of a string; stands until the next reset().
  std::optional<std::string_view> id() const;

  // Ready for another message.
  void reset() { *this = Skimmer(); }

 private:
};

}  // namespace sallyport::json
