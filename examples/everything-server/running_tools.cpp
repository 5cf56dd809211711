#include "everything.hpp"

#include <chrono>

namespace everything {
namespace {

using namespace std::chrono_literals;
using sallyport::Capability;
using sallyport::Context;
using sallyport::Task;

Task<std::string> with_logging(Context& context) {
  context.info("Tool execution started");
  CO_TRY(co_await context.sleep(50ms));
  context.info("Tool processing data");
  CO_TRY(co_await context.sleep(50ms));
  context.info("Tool execution completed");
  co_return "Told in three messages.";
}

Task<std::string> with_progress(Context& context) {
  context.progress(0, 100);
  CO_TRY(co_await context.sleep(50ms));
  context.progress(50, 100, "Half of it");
  CO_TRY(co_await context.sleep(50ms));
  context.progress(100, 100);
  co_return "Done in three steps.";
}

Task<std::string> logging_tool(Context& context) {
  context.info("A message that only those hear who asked for it");
  CO_TRY(co_await context.sleep(10ms));
  co_return "Logged.";
}

Task<std::string> reconnection(Context& context) {
  context.release_connection();
  CO_TRY(co_await context.sleep(100ms));
  co_return "You came back for this.";
}

std::string needs_sampling() {
  return "This client can be asked for samples.";
}

}  // namespace

void add_running_tools(sallyport::Server& app) {
  app.tool("test_tool_with_logging", "Logs three messages while it runs.", with_logging);
  app.tool("test_tool_with_progress", "Reports progress while it runs.", with_progress);
  app.tool("test_logging_tool", "Logs one message.", logging_tool);
  app.tool("test_reconnection", "Closes the connection while it runs.", reconnection);
  app.tool("test_missing_capability", "Only for clients that can be asked for samples.", needs_sampling)
      .needs(Capability::sampling);
  app.tool("test_trigger_tool_change", "Changes the list of tools.",
           [&app] {
             if (!app.remove_tool("test_comes_and_goes"))
               app.tool("test_comes_and_goes", "Was not here a moment ago.", [] { return "Still here."; });
             return "The list of tools has changed.";
           })
      .hidden();
}

}  // namespace everything
