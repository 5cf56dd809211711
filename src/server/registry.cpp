#include "server/registry.hpp"

#include "base/strings.hpp"
#include "errors/tool_errors.hpp"
#include "json/scanner.hpp"

#include <algorithm>

namespace sallyport::server {
namespace {

using protocol::List;
using protocol::Topic;

constexpr std::size_t max_name = 128;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("_.-/").contains(c);
  });
}

void check_schema(const Tool& tool, const std::string& schema) {
  if (schema.empty()) return;
  if (const auto json = Json::parse(schema); json && json->is_object()) return;
  throw ToolInputSchemaError("a schema of the tool '" + tool.name() + "' is no JSON object");
}

}  // namespace

Tool& Registry::add(Tool tool) {
  if (!is_name(tool.name()))
    throw ToolDefinitionError("'" + tool.name() + "' is no name for a tool: 1 to 128 of A-Z a-z 0-9 _ . - /");
  if (tools_by_name_.contains(tool.name()))
    throw ToolDefinitionError("there are two tools named '" + tool.name() + "'");
  check_schema(tool, tool.body().input_schema);
  check_schema(tool, tool.body().output_schema);
  const auto added = std::make_shared<Tool>(std::move(tool));
  tools_.push_back(added);
  tools_by_name_.emplace(added->name(), added);
  changed(Topic::tools);
  return *added;
}

bool Registry::remove_tool(std::string_view name) {
  const auto found = tools_by_name_.find(name);
  if (found == tools_by_name_.end()) return false;
  std::erase(tools_, found->second);
  tools_by_name_.erase(found);
  changed(Topic::tools);
  return true;
}

std::shared_ptr<Tool> Registry::find_tool(std::string_view name) const {
  const auto found = tools_by_name_.find(name);
  return found == tools_by_name_.end() ? nullptr : found->second;
}

std::optional<std::string> Registry::similar_tool(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& tool : tools_)
    if (!tool->is_hidden()) names.push_back(tool->name());
  const auto meant = did_you_mean(name, names);
  return meant ? std::optional(std::string(*meant)) : std::nullopt;
}

protocol::ServerCapabilities Registry::offers() const {
  protocol::ServerCapabilities offers;
  offers.tools = !tools_.empty();
  offers.logging = true;
  return offers;
}

std::vector<std::string> Registry::definitions(List list) const {
  std::vector<std::string> made;
  if (list == List::tools) {
    for (const auto& tool : tools_)
      if (!tool->is_hidden()) made.push_back(tool->definition());
  }
  return made;
}

Result<std::shared_ptr<const std::string>> Registry::list(List list, protocol::Revision revision,
                                                          std::optional<std::string_view> cursor) {
  auto& rendered = rendered_[static_cast<std::size_t>(list)];
  if (!rendered) {
    rendered = std::make_unique<Rendered>();
    rendered->definitions = definitions(list);
    rendered->pages.set_list(list);
    rendered->pages.set_page_size(page_size_);
    for (const std::string& definition : rendered->definitions) rendered->pages.add({definition, {}});
  }
  return rendered->pages.page(revision, cursor);
}

void Registry::changed(Topic topic) {
  for (const protocol::ListRow& row : protocol::list_rows)
    if (row.topic == topic) rendered_[static_cast<std::size_t>(row.list)].reset();
  if (on_change_) on_change_(topic);
}

}  // namespace sallyport::server
