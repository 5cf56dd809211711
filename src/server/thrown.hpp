// What left a function as an exception, as one of our errors.
#pragma once

#include "classify/adapter.hpp"
#include "errors/error.hpp"

#include <exception>
#include <optional>

namespace sallyport::server {

// The adapters are asked first; those that are passed over stand in the log.
Error of_thrown(const std::exception_ptr& thrown, const classify::AdapterChain& adapters);

// The same; nothing for what nobody knows.
std::optional<Error> known_thrown(const std::exception_ptr& thrown, const classify::AdapterChain& adapters);

// Out of a coroutine comes an error already: of an exception that nobody knows only its type is left. Others
// stay as they are.
Error of_coroutine(Error error);

}  // namespace sallyport::server
