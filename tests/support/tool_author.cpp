// What a tool author writes, to be compiled by whatever compiler he has.
#include "errors/exceptions.hpp"

int main() {
  try {
    throw sallyport::RetryableToolError("The mailbox is locked.", "lock file present", "Ask for another box.",
                                        500);
  } catch (const sallyport::ToolExecutionError& error) {
    return error.can_retry() && error.is_tool_error() ? 0 : 1;
  } catch (const sallyport::envelope::TimeoutError& late) {
    return late.escalation_level() == sallyport::EscalationLevel::normal ? 0 : 1;
  } catch (const sallyport::MCPError&) {
    return 1;
  }
}
