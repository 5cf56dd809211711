#include "everything.hpp"

int main(int argc, char** argv) {
  sallyport::Server app("everything-server", "1.0");
  app.title("Everything").instructions("Each tool shows one feature of the protocol.");
  everything::add_content_tools(app);
  everything::add_running_tools(app);
  everything::add_schema_tools(app);
  everything::add_asking_tools(app);
  everything::add_task_tools(app);
  everything::add_resources(app);
  everything::add_prompts(app);
  return app.run(argc, argv);
}
