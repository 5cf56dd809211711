// What a failure says about the server that it is of.
#pragma once

#include "errors/error.hpp"

namespace sallyport::upstream {

// The server cannot be reached at all, rather than that this request went wrong.
bool never_connected(const Error& error);

// Of a request that reached a connection: counts for the server's breaker. What a server says about a call is
// never counted, nor what we refuse ourselves (errors.md section 5).
bool is_failure_of_server(const Error& error);

// It has more to do than it can take: fewer calls at a time may go better.
bool says_overload(const Error& error);

// What a failed start or list is called: the failures of discovery (errors.md section 4), with the cause
// kept.
Error as_discovery(const Error& error);

}  // namespace sallyport::upstream
