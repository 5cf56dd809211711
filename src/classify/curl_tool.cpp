#include "classify/curl_tool.hpp"

#include "base/clock.hpp"
#include "classify/messages.hpp"
#include "errors/authored.hpp"

#include <vector>

namespace sallyport::classify {

Error curl_tool_error(const CurlFailure& failure,
                      std::span<const std::pair<std::string, std::string>> headers, std::string_view detail) {
  std::vector<HeaderField> fields;
  for (const auto& [name, value] : headers) fields.push_back({name, value});
  Context context;
  context.operation = Operation::tool_call;
  context.detail = detail;
  Error error = from_curl(failure, fields, system_clock().system_now(), context);
  std::string message = curl_status(failure, detail)
                            ? answer_message("HTTP", error)
                            : failure_message("HTTP request", curl_verdict(failure, context).failure, error);
  return std::move(error.with_authored({.error_class = class_of(error), .message = std::move(message)}));
}

}  // namespace sallyport::classify
