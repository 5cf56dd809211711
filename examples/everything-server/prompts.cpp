#include "everything.hpp"

#include <vector>

namespace everything {

using sallyport::Content;
using sallyport::PromptMessage;

void add_prompts(sallyport::Server& app) {
  app.prompt("test_simple_prompt", "One message.", [] { return "This is a simple prompt for testing."; });
  app.prompt("test_prompt_with_arguments", "A message with what was given.",
             [](const std::string& arg1, const std::string& arg2) {
               return "Prompt with arguments: arg1='" + arg1 + "', arg2='" + arg2 + "'";
             },
             {{"arg1", "The first"}, {"arg2", "The second"}})
      .complete("arg1", [](std::string_view typed, const auto&) {
        return std::vector<std::string>{std::string(typed) + "ing", std::string(typed) + "ed"};
      });
  app.prompt("test_prompt_with_embedded_resource", "A resource within a message.",
             [](const std::string& uri) {
               return std::vector<PromptMessage>{
                   Content::embedded_text(uri, "Embedded resource content for testing.", "text/plain"),
                   Content::text("Please process the embedded resource above.")};
             },
             {{"resourceUri", "The URI that the resource is shown under"}});
  app.prompt("test_prompt_with_image", "A picture within a message.", [] {
    return std::vector<PromptMessage>{Content::image(png(), "image/png"),
                                      Content::text("Please analyze the image above.")};
  });
  app.tool("test_trigger_prompt_change", "Changes the list of prompts.",
           [&app] {
             if (!app.remove_prompt("test_comes_and_goes"))
               app.prompt("test_comes_and_goes", "Was not here a moment ago.", [] { return "Still here."; });
             return "The list of prompts has changed.";
           })
      .hidden();
}

}  // namespace everything
