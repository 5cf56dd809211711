#include "schema/schema.hpp"

#include "schema/check.hpp"
#include "schema/compiler.hpp"

namespace sallyport::schema {

std::string_view name(Doubt doubt) noexcept {
  switch (doubt) {
    case Doubt::none:
      break;
    case Doubt::dialect:
      return "dialect";
    case Doubt::keyword:
      return "keyword";
    case Doubt::reference:
      return "reference";
    case Doubt::pattern:
      return "pattern";
    case Doubt::malformed:
      return "malformed";
    case Doubt::budget:
      return "budget";
    case Doubt::value:
      return "value";
  }
  return "none";
}

Schema Schema::compile(std::string_view text_of_schema, std::uint32_t& room) {
  auto compiled = std::make_shared<Compiled>();
  Compiler(*compiled, room).run(text_of_schema);
  if (compiled->doubt != Doubt::none && compiled->doubt != Doubt::keyword) {
    compiled->nodes = {};
    compiled->source.reset();
  }
  return Schema(std::move(compiled));
}

Schema Schema::compile(std::string_view text_of_schema) {
  std::uint32_t room = max_subschemas;
  return compile(text_of_schema, room);
}

Doubt Schema::doubt() const noexcept {
  return compiled_->doubt;
}

const std::string& Schema::about() const noexcept {
  return compiled_->about;
}

Verdict Schema::check(std::string_view value, std::uint32_t steps) const {
  if (compiled_->doubt != Doubt::none && compiled_->doubt != Doubt::keyword)
    return {std::nullopt, compiled_->doubt};
  const auto tree = json::Dom::parse(value);
  if (!tree) return {std::nullopt, Doubt::value};
  return Check(*compiled_, steps).run(tree->root());
}

}  // namespace sallyport::schema
