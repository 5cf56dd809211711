// Turns a tree into the configuration by the table of keys, and reports everything that does not fit.
#pragma once

#include "config/config.hpp"
#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "config/expand.hpp"

#include <map>
#include <string>
#include <string_view>

namespace sallyport::config {

// What was written where, for the checks that look at more than one key.
struct Written {
  std::string file;
  Position at;           // of the value; of a section its key
  bool valid = true;     // false: reported already, so its value means nothing
  bool foreign = false;  // `${…}` put something in
};

using WrittenKeys = std::map<std::string, Written, std::less<>>;

struct Draft {
  Config config;
  WrittenKeys written;  // by path: `servers.files.args[2]`
};

// The whole file; one server of it, or of another program's file.
void decode(const Node& root, const Machine& machine, Draft& draft, Report& report);
void decode_server(const Member& member, const Machine& machine, Draft& draft, Report& report);

}  // namespace sallyport::config
