// The skimmer on any bytes in any pieces: the pieces make no difference, and on a valid message it finds its
// id.
#include "json/scanner.hpp"
#include "json/skim.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

using namespace sallyport::json;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::optional<std::string> skim(std::string_view text, std::size_t piece) {
  Skimmer skimmer;
  for (std::size_t at = 0; at < text.size(); at += piece) skimmer.feed(text.substr(at, piece));
  return std::optional<std::string>(skimmer.id());
}

}  // namespace

// The size of a piece, then the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto id = skim(text, data[0] % 32U + 1U);
  require(id == skim(text, size));
  if (id) require(id->size() <= Skimmer::max_id && scan(*id).has_value());

  static const Query query({"/id"});
  Member found;
  if (!scan(text, query, {&found, 1}) || !found) return 0;
  const std::string_view value = found.value.of(text);
  const bool wanted = found.value.is(Type::string) || as_int64(value).has_value();
  require(id ==
          (wanted && value.size() <= Skimmer::max_id ? std::optional<std::string>(value) : std::nullopt));
  return 0;
}
