#include "telemetry/call_record.hpp"

namespace sallyport::telemetry {

bool reaches_a_server(protocol::Method method) noexcept {
  using protocol::Method;
  return method == Method::tools_call || method == Method::prompts_get || method == Method::resources_read ||
         method == Method::resources_subscribe || method == Method::completion_complete;
}

}  // namespace sallyport::telemetry
