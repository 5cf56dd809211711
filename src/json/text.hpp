// Unescaping into a buffer: what the scanner's key list and the public string helpers share.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::json::detail {

// Appends the text of a string whose contents (without the quotes) a scan accepted. Never longer than
// `contents`.
void append_unescaped(std::string& out, std::string_view contents);

}  // namespace sallyport::json::detail
