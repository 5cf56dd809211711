// The adapter from error codes of the system, Asio and OpenSSL to the classifier.
#pragma once

#include "errors/error.hpp"

#include <system_error>

namespace sallyport::net {

// What a failed operation on a connection means. Operation-neutral: whoever knows what the connection was for
// (a tool call, discovery) refines the code.
Error transport_failure(std::error_code error, Phase phase);

}  // namespace sallyport::net
