// One key's value on its way from the tree into its slot: type, range, expansion, and the words when it does
// not fit.
#pragma once

#include "config/decode.hpp"
#include "config/keys.hpp"

#include <string>

namespace sallyport::config {

void decode_value(const Key& key, const Node& node, std::string path, Scope& scope, const Machine& machine,
                  Draft& draft, Report& report);

}  // namespace sallyport::config
