#include "tool_source.hpp"

namespace sallyport::cli {

const Listing::Tool* Listing::find(std::string_view name) const {
  for (const Tool& tool : tools) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

std::vector<std::string> Listing::names() const {
  std::vector<std::string> all;
  for (const Tool& tool : tools) all.push_back(tool.name);
  return all;
}

}  // namespace sallyport::cli
