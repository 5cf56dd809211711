// Any bytes as a header value, and (after the first line feed) as an inputSchema with arguments.
#include "protocol/mcp_headers.hpp"

#include "json/scanner.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace sallyport;
using namespace sallyport::protocol;

void require(bool condition) {
  if (!condition) std::abort();
}

void try_value(std::string_view value) {
  const auto decoded = decode_header_value(value);
  if (!decoded) return;
  const std::string encoded = encode_header_value(*decoded);
  for (const char c : encoded) require(c >= ' ' && c <= '~');
}

void try_schema(std::string_view schema, std::string_view arguments) {
  if (!json::scan(schema)) return;
  const auto spec = param_headers(schema);
  if (!spec) return;
  require(spec->size() <= max_param_headers);
  const auto document = json::scan(arguments, {.allow_lone_surrogates = false});
  if (!document || !document->root.is(json::Type::object)) return;
  const auto fields = build_param_headers(*spec, arguments);
  std::vector<HeaderView> views;
  for (const HeaderField& field : fields) views.push_back({field.name, field.value});
  require(check_param_headers(*spec, arguments, views).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t first = text.find('\n');
  try_value(text.substr(0, first));
  if (first == std::string_view::npos) return 0;
  const std::string_view rest = text.substr(first + 1);
  const std::size_t second = rest.find('\n');
  if (second != std::string_view::npos) try_schema(rest.substr(0, second), rest.substr(second + 1));
  return 0;
}
