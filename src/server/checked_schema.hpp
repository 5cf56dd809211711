// Schemas that authors wrote or their types gave, and values that are held against them.
#pragma once

#include "schema/schema.hpp"
#include "server/schema.hpp"

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::server {

// `schema`: a text that was scanned. Why it cannot be checked, as the end of a sentence, if it cannot.
std::expected<std::shared_ptr<const schema::Schema>, std::string> checked_schema(std::string_view schema);

// What does not fit; a value that cannot be checked within the bounds does not fit either.
detail::Check misfit_of(const schema::Schema& schema, std::string_view value);

}  // namespace sallyport::server
