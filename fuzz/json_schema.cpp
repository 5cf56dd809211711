// A schema and a value, separated by the first line end: never a crash, the same verdict twice, bounded
// steps, and no rule that repeats a text of the value.
#include "json/scanner.hpp"
#include "schema/pattern.hpp"
#include "schema/schema.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) {
    (void)schema::compile_pattern(input);
    return 0;
  }
  const std::string_view text = input.substr(0, end);
  const std::string_view value = input.substr(end + 1);
  if (!json::scan(text) || !json::scan(value)) return 0;
  const auto compiled = schema::Schema::compile(text);
  const schema::Verdict first = compiled.check(value, 5000);
  const schema::Verdict second = compiled.check(value, 5000);
  if (first.doubt != second.doubt || first.misfit.has_value() != second.misfit.has_value()) std::abort();
  if (first.misfit && first.doubt != schema::Doubt::none) std::abort();
  if (first.misfit && value.contains("canary") && !text.contains("canary") &&
      (first.misfit->rule.contains("canary") || first.misfit->pointer.contains("canary")))
    std::abort();
  return 0;
}
