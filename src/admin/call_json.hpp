// What operators read about failures and calls, as JSON: docs/admin-api.md.
#pragma once

#include "admin/recent_calls.hpp"
#include "errors/error.hpp"

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace sallyport::admin {

boost::json::string json_text(std::string_view text);

// The failure with what others wrote about it, which is kept redacted, down to its first cause.
boost::json::value error_json(const Error& error);

// Appends one object without line breaks.
void append_call(std::string& out, const RecentCall& call, std::string_view id);

// Every row of the catalogue of errors.
std::string catalog_json();

}  // namespace sallyport::admin
