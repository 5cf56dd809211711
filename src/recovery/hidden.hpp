// Which rules of the table never apply, because earlier ones fit everything that they fit. Pure.
#pragma once

#include "recovery/rule.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace sallyport::recovery {

// The places in `earlier` of the rules that leave nothing to `rule`, in order. Empty where that is not
// certain: of patterns, it is where one plainly fits all that the other fits.
std::vector<std::size_t> hidden_by(std::span<const Rule> earlier, const Rule& rule);

}  // namespace sallyport::recovery
