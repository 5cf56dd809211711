#include "server/thrown.hpp"

#include "errors/tool_errors.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <string>

namespace sallyport::server {
namespace {

void warn_of_adapter(const classify::AdapterWarning& warning) {
  const bool threw = warning.why == classify::AdapterWarning::Why::threw;
  log::warn("an adapter of exceptions was passed over",
            {{"adapter", warning.slug}, {"why", threw ? "it threw" : "it gave no error of a tool"}});
  log::debug("what an adapter threw or gave", {{"adapter", warning.slug}, {"detail", warning.detail}});
}

classify::Context while_running() {
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.executed = Executed::yes;
  return context;
}

}  // namespace

Error of_thrown(const std::exception_ptr& thrown, const classify::AdapterChain& adapters) {
  return adapters.classify(thrown, while_running(), warn_of_adapter);
}

std::optional<Error> known_thrown(const std::exception_ptr& thrown, const classify::AdapterChain& adapters) {
  return adapters.recognise(thrown, while_running(), warn_of_adapter);
}

Error of_coroutine(Error error) {
  const auto type = std::ranges::find(error.extras(), exception_type_key, &Extra::key);
  if (error.authored() || type == error.extras().end()) return error;
  const auto* name = std::get_if<std::string>(&type->value);
  const std::string message = classify::unhandled_message(name != nullptr ? *name : "");
  return FatalToolError(message, error.developer_message()).error();
}

}  // namespace sallyport::server
