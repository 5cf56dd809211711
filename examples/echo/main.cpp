// The smallest server: two tools from two functions.
//
//   echo                          serves stdin and stdout
//   echo --http 127.0.0.1:8000    serves http://127.0.0.1:8000/mcp
#include <string>

#include <sallyport.hpp>

namespace {

std::string echo(std::string text) {
  return text;
}

double add(double a, double b) {
  return a + b;
}

}  // namespace

int main(int argc, char** argv) {
  sallyport::Server app("echo", "1.0");
  app.tool("echo", "Gives back what it is given.", echo, {{"text", "Any text"}}).read_only();
  app.tool("add", "Adds two numbers.", add, {{"a", "The first"}, {"b", "The second"}}).read_only();
  return app.run(argc, argv);
}
