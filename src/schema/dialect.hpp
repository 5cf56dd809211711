// The drafts of JSON Schema: which one a schema names, and which keywords it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::schema {

enum class Draft : std::uint8_t { d7 = 1, d2019 = 2, d2020 = 4 };

// That of this `$schema`.
std::optional<Draft> draft_of(std::string_view uri);

// Has this draft a keyword of this name, be it an annotation? So have all of them for `x-…`.
bool is_known(std::string_view keyword, Draft draft);

}  // namespace sallyport::schema
