// The words of a response's head: reason phrases and the Date.
#pragma once

#include "base/clock.hpp"

#include <string_view>

namespace sallyport::net {

std::string_view reason_phrase(int status) noexcept;

// IMF-fixdate (RFC 9110 section 5.6.7), made anew once a second. The view lives until the thread asks again.
std::string_view http_date(SystemTime now);

}  // namespace sallyport::net
