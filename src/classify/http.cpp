#include "classify/http.hpp"

#include "errors/http_status.hpp"

#include <algorithm>
#include <string>

namespace sallyport::classify {
namespace {

constexpr FailureClass class_of(int status) noexcept {
  switch (status) {
    case 401:
    case 403:
      return FailureClass::access_denied;
    case 408:
      return FailureClass::timeout;
    case 429:
      return FailureClass::rate_limited;
    case 502:
    case 503:
    case 504:
      return FailureClass::unavailable;
    default:
      return FailureClass::other;
  }
}

constexpr bool may_name_a_time(int status) noexcept {
  return status == 413 || status == 429 || status == 503;
}

void add_retry_after(Error& error, Headers headers, SystemTime now, bool is_rate_limit) {
  const std::optional<RetryAfter> after = read_retry_after(headers, now);
  if (after) {
    error.with_retry_after(after->delay).with_extra("retry_after_source", std::string(after->source));
    if (after->clamped) error.with_extra("retry_after_clamped", true);
  } else if (is_rate_limit) {
    error.with_extra("retry_after_source", std::string("default"));
  }
}

}  // namespace

StatusVerdict status_verdict(int status) noexcept {
  return {
      .failure = class_of(status), .kind = kind_of_status(status), .can_retry = is_transient_status(status)};
}

Executed executed_by_status(int status, std::span<const int> refuses_with) noexcept {
  const bool refused = status >= 400 && status < 500 && status != 408 && status != 499;
  return refused || std::ranges::find(refuses_with, status) != refuses_with.end() ? Executed::no
                                                                                  : Executed::maybe;
}

Error from_http(int status, Headers headers, SystemTime now, const Context& context) {
  const bool is_rate_limit = status == 429 || (status == 403 && is_rate_limit_evidence(headers));
  const int meaning = is_rate_limit ? 429 : status;
  const StatusVerdict verdict = status_verdict(meaning);
  Context answered = context;
  if (!answered.executed) answered.executed = executed_by_status(status, context.refuses_with);
  if (!answered.phase) answered.phase = Phase::receive;
  answered.handed_over = true;
  answered.aborted_by.reset();  // the answer is complete: it says more than why we stopped listening
  Error error = make_error(Verdict{verdict.failure, verdict.kind, verdict.can_retry}, answered);
  error.with_status_code(meaning);
  if (meaning != status) error.with_wire_status(status);
  if (is_rate_limit || may_name_a_time(status)) add_retry_after(error, headers, now, is_rate_limit);
  if (status == 413 && error.retry_after()) error.with_can_retry(true);
  return error;
}

}  // namespace sallyport::classify
