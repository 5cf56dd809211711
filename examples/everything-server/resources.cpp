#include "everything.hpp"

namespace everything {

using sallyport::Json;

void add_resources(sallyport::Server& app) {
  app.resource("test://static-text", "static-text", "A text that never changes",
               [] { return "This is the content of the static text resource."; })
      .title("Static text")
      .mime_type("text/plain")
      .keep_for(std::chrono::minutes(1));
  app.resource("test://static-binary", "static-binary", "A picture that never changes",
               [] { return sallyport::Blob{png()}; })
      .mime_type("image/png");
  app.resource("test://watched-resource", "watched-resource", "Its readers can be told when it changes",
               [] { return "Nothing has changed yet."; })
      .mime_type("text/plain");
  app.resource_template(
         "test://template/{id}/data", "template", "Data by their number",
         [](const std::string& id) {
           return Json::object({{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}});
         })
      .mime_type("application/json")
      .complete("id", [](std::string_view typed, const auto&) {
        std::vector<std::string> ids;
        for (const char* id : {"1", "12", "123"})
          if (std::string_view(id).starts_with(typed)) ids.emplace_back(id);
        return ids;
      });
  app.tool("test_update_watched_resource", "Tells who subscribed to test://watched-resource that it changed.",
           [&app] {
             app.resource_updated("test://watched-resource");
             return "Told.";
           });
}

}  // namespace everything
