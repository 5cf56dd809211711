// A complete HTTP reply with a failing status, as one of our errors.
#pragma once

#include "base/clock.hpp"
#include "classify/classify.hpp"
#include "classify/retry_after.hpp"

namespace sallyport::classify {

// Kind and retry of a status; 2xx is not a failure and must not be asked about.
struct StatusVerdict {
  FailureClass failure;
  Kind kind;
  bool can_retry;
};
StatusVerdict status_verdict(int status) noexcept;

// May the operation have run, if the answer to it was this status?
Executed executed_by_status(int status, std::span<const int> refuses_with) noexcept;

// A 403 that is a rate limit gets status_code 429 and keeps 403 as wire_status. On a rate limit without a
// time the extra `retry_after_source` is "default" and retry_after stays unset.
Error from_http(int status, Headers headers, SystemTime now, const Context& context);

}  // namespace sallyport::classify
