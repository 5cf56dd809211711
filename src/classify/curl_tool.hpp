// What a tool's transfer by libcurl failed with, as a tool's author would raise it.
#pragma once

#include "classify/curl.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::classify {

// Code, kind, whether it may be tried again and when, from the code, the status of the reply and its headers;
// the sentence for the agent is ours, `detail` (curl_easy_strerror, CURLOPT_ERRORBUFFER) is for the log
// alone. For Server::adapters. `headers`: name and value, of the last reply.
Error curl_tool_error(const CurlFailure& failure,
                      std::span<const std::pair<std::string, std::string>> headers, std::string_view detail);

}  // namespace sallyport::classify
