// A URI template of an author and a URI of a client, separated by the first line end: never a crash, a value
// for each variable and no more text than the URI has, and equality where there is no variable.
#include "server/uri_variables.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using sallyport::server::UriVariables;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view uri = input.substr(end + 1);
  const auto parsed = UriVariables::parse(input.substr(0, end));
  if (!parsed) return 0;
  const auto values = parsed->match(uri);
  if (parsed->names().empty() && values.has_value() != (input.substr(0, end) == uri)) std::abort();
  if (!values) return 0;
  if (values->size() != parsed->names().size()) std::abort();
  std::size_t total = 0;
  for (std::size_t i = 0; i < values->size(); ++i) {
    if ((*values)[i].first != parsed->names()[i]) std::abort();
    total += (*values)[i].second.size();
  }
  if (total > uri.size()) std::abort();
  return 0;
}
