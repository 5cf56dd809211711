#include "classify/mcp_result.hpp"

namespace sallyport::classify {

Error from_mcp_result(const Context& context) {
  Error error(Code::tool_execution_failed, context.where);
  error.with_kind(Kind::tool_runtime_fatal).with_can_retry(false);
  error.with_executed(context.executed.value_or(Executed::yes));
  error.with_phase(context.phase.value_or(Phase::receive));
  if (!context.detail.empty()) error.with_developer_message(context.detail);
  return error;
}

}  // namespace sallyport::classify
