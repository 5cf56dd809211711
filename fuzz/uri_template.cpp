// A URI template of a server and a URI of a client, separated by the first line end: never a crash, a match
// only within the bounds, and equality where there is no expression.
#include "protocol/uri_template.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using sallyport::protocol::UriTemplate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view text = input.substr(0, end);
  const std::string_view uri = input.substr(end + 1);
  const auto parsed = UriTemplate::parse(text);
  if (!parsed) return 0;
  const bool matched = parsed->matches(uri);
  if (text.size() > UriTemplate::max_size || (matched && uri.size() > UriTemplate::max_uri)) std::abort();
  if (text.find('{') == std::string_view::npos && uri.size() <= UriTemplate::max_uri &&
      matched != (text == uri))
    std::abort();
  return 0;
}
