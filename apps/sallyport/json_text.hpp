// JSON for people: indented, with every value written as it was.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::cli {

// `json`: a text that scan() accepted. Short lists of plain values stay in one line. Not escaped for a
// terminal.
std::string indent_json(std::string_view json);

}  // namespace sallyport::cli
