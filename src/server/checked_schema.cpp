#include "server/checked_schema.hpp"

#include <utility>

namespace sallyport::server {

std::expected<std::shared_ptr<const schema::Schema>, std::string> checked_schema(std::string_view schema) {
  using schema::Doubt;
  auto compiled = std::make_shared<const schema::Schema>(schema::Schema::compile(schema));
  const Doubt doubt = compiled->doubt();
  if (doubt == Doubt::none || doubt == Doubt::keyword) return compiled;
  return std::unexpected("cannot be checked: " + std::string(schema::name(doubt)) + " (" + compiled->about() +
                         ")");
}

detail::Check misfit_of(const schema::Schema& schema, std::string_view value) {
  schema::Verdict verdict = schema.check(value);
  if (verdict.fits()) return std::nullopt;
  if (!verdict.misfit) return detail::misfit("cannot be checked against the schema");
  return detail::Misfit{std::move(verdict.misfit->pointer), std::move(verdict.misfit->rule)};
}

}  // namespace sallyport::server
