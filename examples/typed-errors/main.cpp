// Each way in which a tool can fail, and what the agent is told of it (docs/framework.md, "When it fails").
#include <stdexcept>
#include <string>
#include <system_error>

#include <sallyport.hpp>

using namespace sallyport;

namespace {

// It may try again, in the way that the prompt says, and not before that time.
void retry() {
  throw RetryableToolError("The search found too much.", "411 rows, the limit is 100",
                           "Search for a narrower period.", 1500);
}

// Only the user knows.
void needs_context() {
  throw ContextRequiredToolError("There are two customers of that name.", "Ask the user: Ann Lee or Ann Li?");
}

void fatal() {
  throw FatalToolError("This account is closed.", "closed by operator on 1 March");
}

// Somebody else failed, with a complete answer …
void upstream() {
  throw UpstreamError("The billing service did not take it.", 503, "POST /invoices");
}
void rate_limited() {
  throw UpstreamRateLimitError("The billing service wants fewer calls.", 2000);
}
// … or without one.
void unreachable() {
  throw NetworkTransportError("The billing service cannot be reached.", "10.0.0.7:443",
                              Kind::network_transport_runtime_unreachable);
}

// The same as a value, where exceptions are not wanted.
Result<int> returned(int amount) {
  if (amount > 100) return fail(ToolInputError("At most 100.").error());
  return amount;
}

// A code of the operating system says itself what it means.
void system_code() {
  throw std::system_error(ENOSPC, std::generic_category());
}

// Nobody meant this one: only its type is told, its text is for the log.
void mistake() {
  throw std::out_of_range("password=hunter2");
}

// An answer that says itself that it is a failure, unclassified.
ToolResult answer() {
  return ToolResult::error("No such invoice.");
}

}  // namespace

int main(int argc, char** argv) {
  Server app("typed-errors", "1.0");
  app.tool("retry", "RetryableToolError", retry);
  app.tool("needs_context", "ContextRequiredToolError", needs_context);
  app.tool("fatal", "FatalToolError", fatal);
  app.tool("upstream", "UpstreamError", upstream);
  app.tool("rate_limited", "UpstreamRateLimitError", rate_limited);
  app.tool("unreachable", "NetworkTransportError", unreachable);
  app.tool("returned", "ToolInputError, returned", returned, {{"amount", "Above 100 it fails"}});
  app.tool("system_code", "std::system_error", system_code);
  app.tool("mistake", "std::out_of_range", mistake);
  app.tool("answer", "isError", answer);
  return app.run(argc, argv);
}
