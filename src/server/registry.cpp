#include "server/registry.hpp"

#include "base/strings.hpp"
#include "errors/tool_errors.hpp"

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

void check_name(std::string_view what, const std::string& name) {
  if (is_name(name)) return;
  throw ToolDefinitionError("'" + name + "' is no name for a " + std::string(what) +
                            ": 1 to 128 of A-Z a-z 0-9 _ . - /");
}

void check_schema(const Tool& tool, const std::string& schema) {
  if (schema.empty()) return;
  if (const auto json = Json::parse(schema); json && json->is_object()) return;
  throw ToolInputSchemaError("a schema of the tool '" + tool.name() + "' is no JSON object");
}

template <class T>
T& put(Shelf<T>& shelf, std::string_view what, const std::string& key, T entry) {
  if (T* added = shelf.add(key, std::move(entry))) return *added;
  throw ToolDefinitionError("there are two " + std::string(what) + "s '" + key + "'");
}

std::optional<std::string> similar(std::string_view name, const std::vector<std::string>& names) {
  const auto meant = did_you_mean(name, names);
  return meant ? std::optional(std::string(*meant)) : std::nullopt;
}

template <class T>
std::vector<std::string> definitions_of(const Shelf<T>& shelf) {
  std::vector<std::string> made;
  for (const auto& entry : shelf.all()) made.push_back(entry->definition());
  return made;
}

}  // namespace

Tool& Registry::add(Tool tool) {
  check_name("tool", tool.name());
  check_schema(tool, tool.body().input_schema);
  check_schema(tool, tool.body().output_schema);
  const std::string key = tool.name();
  Tool& added = put(tools_, "tool", key, std::move(tool));
  changed(Topic::tools);
  return added;
}

Resource& Registry::add(Resource resource) {
  const bool many = resource.kind() == Resource::Kind::many;
  const std::string key = resource.uri();
  Resource& added = put(many ? templates_ : resources_, "resource", key, std::move(resource));
  changed(Topic::resources);
  return added;
}

Prompt& Registry::add(Prompt prompt) {
  check_name("prompt", prompt.name());
  const std::string key = prompt.name();
  Prompt& added = put(prompts_, "prompt", key, std::move(prompt));
  changed(Topic::prompts);
  return added;
}

bool Registry::remove_tool(std::string_view name) {
  if (!tools_.remove(name)) return false;
  changed(Topic::tools);
  return true;
}

bool Registry::remove_resource(std::string_view uri) {
  if (!resources_.remove(uri) && !templates_.remove(uri)) return false;
  changed(Topic::resources);
  return true;
}

bool Registry::remove_prompt(std::string_view name) {
  if (!prompts_.remove(name)) return false;
  changed(Topic::prompts);
  return true;
}

std::optional<std::string> Registry::similar_tool(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& tool : tools_.all())
    if (!tool->is_hidden()) names.push_back(tool->name());
  return similar(name, names);
}

std::optional<std::string> Registry::similar_prompt(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& prompt : prompts_.all()) names.push_back(prompt->name());
  return similar(name, names);
}

std::optional<Registry::Reading> Registry::find_resource(std::string_view uri) const {
  if (auto resource = resources_.find(uri)) return Reading{std::move(resource), "{}"};
  for (const auto& each : templates_.all())
    if (auto arguments = each->match(uri)) return Reading{each, *std::move(arguments)};
  return std::nullopt;
}

protocol::ServerCapabilities Registry::offers() const {
  const auto completes = [](const auto& entry) { return !entry->completers().empty(); };
  protocol::ServerCapabilities offers;
  offers.tools = !tools_.all().empty();
  offers.resources = !resources_.all().empty() || !templates_.all().empty();
  offers.subscribe = offers.resources;
  offers.prompts = !prompts_.all().empty();
  offers.completions =
      std::ranges::any_of(prompts_.all(), completes) || std::ranges::any_of(templates_.all(), completes);
  offers.logging = true;
  offers.tasks = offers.tasks_extension = std::ranges::any_of(
      tools_.all(), [](const auto& tool) { return tool->task_support() != TaskSupport::forbidden; });
  return offers;
}

std::vector<std::string> Registry::definitions(List list) const {
  switch (list) {
    case List::tools: {
      std::vector<std::string> made;
      for (const auto& tool : tools_.all())
        if (!tool->is_hidden()) made.push_back(tool->definition());
      return made;
    }
    case List::resources:
      return definitions_of(resources_);
    case List::templates:
      return definitions_of(templates_);
    case List::prompts:
      return definitions_of(prompts_);
  }
  std::unreachable();
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
