// What is different between two configurations, key by key, in words that may stand in a log.
#pragma once

#include "config/config.hpp"

#include <string>
#include <vector>

namespace sallyport::config {

struct Change {
  std::string path;  // of the key: `timeouts.tool`
  std::string before;
  std::string after;
  bool restart = false;  // takes effect when the gateway starts, and not before
};

// In the order of the table of keys, without `servers`: whoever holds them knows what became of each.
std::vector<Change> changes(Config before, Config after);

// What a reload puts in force: `wanted`, with what waits for a restart as the gateway was started.
Config in_force(Config wanted, const Config& started);

}  // namespace sallyport::config
