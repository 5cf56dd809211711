// The entries of the catalogue as JSON, for the admin API and `sallyport explain`.
#pragma once

#include "errors/catalog.hpp"

#include <string>

namespace sallyport::protocol {

std::string code_json(const CatalogRow& row);

// With the codes that carry it unless more is known of a failure.
std::string kind_json(Kind kind);

}  // namespace sallyport::protocol
