// Proposals for a value that is being typed: an argument of a prompt, a variable of a resource template.
#pragma once

#include "server/json.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// `typed`: so far; `chosen`: the other arguments that have a value already, by name. Clients get the first
// hundred.
using Completer = std::function<std::vector<std::string>(std::string_view typed,
                                                         const std::map<std::string, std::string>& chosen)>;
using Completers = std::map<std::string, Completer, std::less<>>;

}  // namespace sallyport
