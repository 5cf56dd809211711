#include "classify/jsonrpc.hpp"

#include "classify/http.hpp"

namespace sallyport::classify {
namespace {

constexpr Kind kind_of(std::int64_t code) noexcept {
  switch (code) {
    case -32700:
    case -32600:
    case -32602:
      return Kind::upstream_runtime_bad_request;
    case -32601:
    case -32002:
      return Kind::upstream_runtime_not_found;
    default:
      return Kind::upstream_runtime_server_error;
  }
}

// The codes with which a server says that it did not begin.
constexpr bool says_not_run(std::int64_t code) noexcept {
  switch (code) {
    case -32700:
    case -32600:
    case -32601:
    case -32602:
    case -32020:
    case -32021:
    case -32022:
      return true;
    default:
      return false;
  }
}

}  // namespace

Error from_jsonrpc(std::int64_t code, std::optional<int> http_status, const Context& context) {
  const bool refused =
      says_not_run(code) ||
      (http_status && executed_by_status(*http_status, context.refuses_with) == Executed::no);
  Context answered = context;
  if (!answered.executed) answered.executed = refused ? Executed::no : Executed::maybe;
  if (!answered.phase) answered.phase = Phase::receive;
  answered.aborted_by.reset();
  Error error = make_error(Verdict{FailureClass::other, kind_of(code), false}, answered);
  error.with_extra("jsonrpc_code", code);
  if (http_status && *http_status >= 400) error.with_status_code(*http_status);
  return error;
}

}  // namespace sallyport::classify
