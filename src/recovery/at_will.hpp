// Which failures callers can cause as often as they like: these page nobody, whatever else is configured.
#pragma once

#include "errors/code.hpp"

namespace sallyport::recovery {

// Of calls only (errors.md section 5). What a server does outside of calls is nobody's will but its own.
bool caused_at_will(Code code) noexcept;

}  // namespace sallyport::recovery
