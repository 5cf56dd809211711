// What libcurl reports, by number and name, as one of our errors. The library itself is not needed.
#pragma once

#include "classify/classify.hpp"
#include "classify/retry_after.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sallyport::classify {

// Whose result it is: CURLcode, CURLUcode, CURLMcode.
enum class CurlApi : std::uint8_t { easy, url, multi };

struct CurlCode {
  int number;
  std::string_view name;  // without its prefix
  Verdict verdict;        // where nothing more is known
  std::string_view text;  // for the agent; empty: as its class says
};

// Every code that has a name, in the order of the numbers; 0 (no failure) is none of them.
std::span<const CurlCode> curl_codes(CurlApi api) noexcept;

// Null for a number that libcurl did not have when this was written.
const CurlCode* find_curl_code(CurlApi api, int number) noexcept;

// With or without its prefix, older names too.
std::optional<int> parse_curl_code(CurlApi api, std::string_view name) noexcept;

struct CurlFailure {
  CurlApi api = CurlApi::easy;
  int code = 0;                    // not 0
  int os_errno = 0;                // CURLINFO_OS_ERRNO
  long ssl_verify_result = 0;      // CURLINFO_SSL_VERIFYRESULT
  int connect_code = 0;            // CURLINFO_HTTP_CONNECTCODE
  std::optional<int> status = {};  // CURLINFO_RESPONSE_CODE
};

// The status of the complete reply that this code stands for, if it stands for one.
std::optional<int> curl_status(const CurlFailure& failure, std::string_view detail) noexcept;

Verdict curl_verdict(const CurlFailure& failure, const Context& context);

// `headers` of the reply and `now` count where there was one.
Error from_curl(const CurlFailure& failure, Headers headers, SystemTime now, const Context& context);

}  // namespace sallyport::classify
