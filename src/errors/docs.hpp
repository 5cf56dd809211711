// The catalog as a page of documentation: docs/errors.md is this text.
#pragma once

#include <string>

namespace sallyport {

std::string catalog_markdown();

}  // namespace sallyport
