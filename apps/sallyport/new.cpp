// `sallyport new`: a server project on the framework that builds and passes its test.
#include "base/strings.hpp"
#include "commands.hpp"
#include "output.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

struct ProjectFile {
  std::string_view path;
  std::string_view text;  // NAME stands for the project's name
};

constexpr std::array project_files{
    ProjectFile{"CMakeLists.txt", R"(cmake_minimum_required(VERSION 3.25)
project(NAME VERSION 0.1.0 LANGUAGES CXX)

find_package(sallyport REQUIRED)

add_executable(NAME main.cpp)
target_link_libraries(NAME PRIVATE sallyport::sallyport)

enable_testing()
add_test(NAME answers COMMAND sh ${CMAKE_SOURCE_DIR}/test.sh $<TARGET_FILE:NAME>)
)"},
    ProjectFile{"main.cpp", R"(#include <sallyport.hpp>

#include <string>

struct Greeting {
  std::string name;
  int times = 1;

  static void describe(sallyport::Fields<Greeting>& field) {
    field("name", &Greeting::name, "Whom to greet").length(1, 100);
    field("times", &Greeting::times, "How often").range(1, 10).optional();
  }
};

std::string greet(const Greeting& asked) {
  std::string text;
  for (int i = 0; i < asked.times; ++i) text += "Hello, " + asked.name + "! ";
  return text;
}

int main(int argc, char** argv) {
  sallyport::Server app("NAME", "0.1.0");
  app.tool("greet", "Greets somebody.", greet).read_only();
  return app.run(argc, argv);
}
)"},
    ProjectFile{"test.sh", R"(#!/bin/sh
# Asks the server on its stdin as a client does, and looks at what it answers.
set -eu
answers=$("$1" 2>/dev/null <<'END'
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","arguments":{"name":"Ann"}}}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"greet","arguments":{"name":"Ann","times":99}}}
END
)
echo "$answers"
echo "$answers" | grep -q 'Hello, Ann!'
echo "$answers" | grep -q "not valid at '/times'"
)"},
    ProjectFile{"README.md", R"(# NAME

An MCP server on Sallyport's framework.

    cmake -B build -DCMAKE_CXX_COMPILER=clang++-19 && cmake --build build && ctest --test-dir build
    build/NAME                          # serves stdin and stdout
    build/NAME --http 127.0.0.1:8000    # serves http://127.0.0.1:8000/mcp

If the framework is not installed where CMake looks, say where it is: `-DCMAKE_PREFIX_PATH=…`.
For an agent: `{"mcpServers": {"NAME": {"command": "/path/to/build/NAME"}}}`.
)"},
    ProjectFile{".gitignore", "/build/\n"},
};

struct NewOptions {
  std::string directory;
};

bool is_name(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string with_name(std::string_view text, std::string_view name) {
  constexpr std::string_view placeholder = "NAME";
  std::string out;
  for (;;) {
    const std::size_t at = text.find(placeholder);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    // The keyword of CMake's add_test stays.
    out += text.substr(at).starts_with("NAME answers") ? placeholder : name;
    text.remove_prefix(at + placeholder.size());
  }
}

int wrong(const std::string& why) {
  complain(why);
  return exit_wrong_input;
}

int make_project(const NewOptions& options) {
  std::error_code error;
  const fs::path directory = fs::absolute(options.directory, error).lexically_normal();
  const std::string name =
      (directory.has_filename() ? directory : directory.parent_path()).filename().string();
  if (!is_name(name))
    return wrong(
        fmt::format("`{}` is no name for a project: a-z, 0-9, - and _, a letter first", clip(name, 100)));
  if (fs::exists(directory, error) && !(fs::is_directory(directory, error) && fs::is_empty(directory, error)))
    return wrong(fmt::format("{} is there already, and not empty", directory.string()));
  fs::create_directories(directory, error);
  for (const ProjectFile& file : project_files) {
    std::ofstream out(directory / file.path);
    out << with_name(file.text, name);
    if (!out.flush()) {
      complain(fmt::format("cannot write {}", (directory / file.path).string()));
      return exit_failed;
    }
  }
  return print(
      fmt::format("{} is a server with one tool.\n\n"
                  "  cd {} && cmake -B build -DCMAKE_CXX_COMPILER=clang++-19 && cmake --build build && "
                  "ctest --test-dir build\n",
                  printable(name), printable(options.directory)));
}

}  // namespace

void add_new(CLI::App& app, Action& action) {
  const auto options = std::make_shared<NewOptions>();
  CLI::App* command =
      add_command(app, "new", "Writes a server project on the framework", "sallyport new weather");
  command->add_option("DIR", options->directory, "Made if it is not there; its name is the project's")
      ->required()
      ->type_name("");
  command->callback([=, &action] { action = [=] { return make_project(*options); }; });
}

}  // namespace sallyport::cli
