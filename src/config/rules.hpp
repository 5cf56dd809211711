// What can be wrong although every single value is right: the checks that look at more than one key, or at
// the machine.
#pragma once

#include "config/decode.hpp"
#include "config/load.hpp"

namespace sallyport::config {

void check_rules(const Draft& draft, const Request& request, Diagnostics& out);

}  // namespace sallyport::config
