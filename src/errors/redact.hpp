// Takes out of foreign text what must never be kept: credentials, and the parts of URLs that may hold them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport {

// scheme://host[:port]/path without user-info, query, fragment and `;params`, and without the runs of '/' at
// both ends of the path. Empty stays empty; what has no scheme or host has them empty (`/rel?x` gives
// `:///rel`).
std::string reduce_url(std::string_view url);

// At most `max_bytes` of valid UTF-8: every URL reduced; bearer tokens, well-known key formats and the values
// of `password=…`, `token=…`, `authorization: …` and the like replaced by `[secret]`; bytes that are not
// UTF-8 by U+FFFD.
std::string redact_text(std::string_view text, std::size_t max_bytes);

}  // namespace sallyport
