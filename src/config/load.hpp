// From files and the command line to a Config, or to the list of everything that is wrong.
#pragma once

#include "config/config.hpp"
#include "config/diagnostic.hpp"
#include "config/expand.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

// A file, or a text that stands for one.
struct Source {
  std::string name;
  std::optional<std::string> text{};  // absent: the file of that name is read
};

struct Request {
  std::optional<Source> config{};  // sallyport.yaml
  std::optional<Source>
      mcp_json{};  // --mcp-json: its servers are added; on a clash of names those of `config` win
  std::vector<std::string> listen{};   // --listen ADDRESS, each: together they replace `listen.http`
  std::optional<std::string> admin{};  // --admin HOST:PORT
  bool stdio = false;         // serve --stdio: nothing listens but what the command line itself asks for
  bool allow_faults = false;  // --allow-faults: `faults` is no mistake
  Machine machine = this_machine();
};

struct Loaded {
  std::optional<Config> config;      // present unless there is an error
  Diagnostics diagnostics;           // by place; warnings and notes come with a config too
  std::vector<std::string> files{};  // that were read or should have been, `${file:}` among them
};

// Neither connects nor starts anything.
Loaded load(const Request& request);
Loaded load_file(std::string path);
Loaded load_text(std::string name, std::string text);

}  // namespace sallyport::config
