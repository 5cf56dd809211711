// What an HTTP status of a complete answer says by itself: the kind of the failure, and whether it passes.
#pragma once

#include "errors/kind.hpp"

namespace sallyport {

// 2xx is not a failure and must not be asked about; what is below 400 otherwise is UNMAPPED.
Kind kind_of_status(int status) noexcept;

// 413 is none: it is worth a repetition only when the server names a time.
bool is_transient_status(int status) noexcept;

}  // namespace sallyport
