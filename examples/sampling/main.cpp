// A tool that has the client's model do a part of its work: the server needs no key of a model of its own.
#include <string>
#include <utility>

#include <sallyport.hpp>

using sallyport::Content;
using sallyport::Context;
using sallyport::Task;

namespace {

// The client's user may see the request first, and change or refuse it: the outcome is a suggestion.
Task<std::string> summarize(Context& context, std::string text, int words) {
  if (text.empty()) throw sallyport::ToolInputError("There is nothing to summarize.");
  sallyport::SampleRequest request;
  request.system_prompt =
      "You summarize in at most " + std::to_string(words) + " words. Answer with the summary alone.";
  request.messages.emplace_back(Content::text(text));
  request.max_tokens = 4 * words;
  request.temperature = 0.2;
  const auto said = CO_TRY(co_await context.sample("summary", std::move(request)));
  if (said.text().empty()) throw sallyport::RetryableToolError("The model gave no text.");
  co_return said.text() + "\n\n(by " + said.model + ")";
}

}  // namespace

int main(int argc, char** argv) {
  sallyport::Server app("sampling", "1.0");
  app.tool("summarize", "Summarizes a text with the client's model.", summarize,
           {{"text", "What to summarize"}, {"words", "At most as many"}})
      .needs(sallyport::Capability::sampling);
  return app.run(argc, argv);
}
