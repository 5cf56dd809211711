// The target of a request to the admin port: never a crash; what is read is within the bounds, is a parameter
// that was named, and reads the same when it is written again.
#include "admin/query.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

using sallyport::Code;
using sallyport::admin::call_filter;
using sallyport::admin::Query;

namespace {

const std::array<std::string, 8> known{"limit",  "requests", "ending", "code",
                                       "server", "target",   "ref",    "since"};
constexpr std::size_t max_value = 256;
constexpr std::uint64_t most = 2000;
constexpr std::uint64_t otherwise = 7;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return out;
}

void check_filter(const Query& query) {
  const auto filter = call_filter(query);
  if (!filter) return require(filter.error().code() == Code::proto_invalid_params);
  require(filter->ref.size() <= 32 && filter->ref.find_first_not_of("0123456789abcdef") == std::string::npos);
  require(filter->server.value_or("").size() <= max_value && filter->target.value_or("").size() <= max_value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  const auto query = Query::parse(target, known);
  if (!query) {
    require(query.error().code() == Code::proto_invalid_params);
    return 0;
  }
  std::string again = "/?";
  for (const std::string& name : known) {
    const std::string* value = query->find(name);
    if (!value) continue;
    require(value->size() <= max_value);
    again += fmt::format("&{}={}", encoded(name), encoded(*value));
  }
  const auto same = Query::parse(again, known);
  require(same.has_value());
  for (const std::string& name : known) {
    const std::string* one = query->find(name);
    const std::string* other = same->find(name);
    require(one ? other && *one == *other : !other);
  }
  const auto number = query->number("limit", 1, most, otherwise);
  if (number) require(query->find("limit") ? *number >= 1 && *number <= most : *number == otherwise);
  check_filter(*query);
  const auto unknown = Query::parse(target, {});
  require(!unknown || again == "/?");
  return 0;
}
