#include "upstream/catalogue.hpp"

#include "upstream/names.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

using protocol::List;
using protocol::Topic;

constexpr std::size_t max_notes = 100;

std::size_t most(List list) noexcept {
  return list == List::templates ? max_templates : max_listed;
}

bool same_definitions(const auto& a, const auto& b) {
  return std::ranges::equal(a, b, {}, &protocol::Entry::definition, &protocol::Entry::definition);
}

bool same_tools(const Catalogue& a, const Catalogue& b) {
  return std::ranges::equal(a.tools, b.tools, [](const ToolPointer& one, const ToolPointer& two) {
    return one == two || one->definition == two->definition;
  });
}

}  // namespace

void CatalogueBuilder::drop(std::string note) {
  if (catalogue_.dropped.size() < max_notes) catalogue_.dropped.push_back(std::move(note));
}

void CatalogueBuilder::add(List list, std::string_view bytes, json::Span entries) {
  const protocol::ListRow& row = protocol::row(list);
  const std::string kind = list == List::tools ? "" : std::string(row.what) + " ";
  auto& seen = seen_[static_cast<std::size_t>(list)];
  std::size_t& taken = bytes_[static_cast<std::size_t>(list)];
  json::ElementCursor cursor(bytes, entries);
  while (const auto element = cursor.next()) {
    if (seen.size() >= most(list) || taken >= max_list_bytes)
      return drop(kind + "the rest: more than we take");
    std::string note;
    std::optional<protocol::Entry> entry = read_entry(list, bytes, *element, note);
    if (!note.empty()) drop(kind + note);
    if (!entry) continue;
    if (!seen.insert(entry->key).second) {
      drop(kind + entry->key + ": listed twice");
      continue;
    }
    taken += entry->definition.size();
    keep(list, std::move(*entry));
  }
}

void CatalogueBuilder::keep(List list, protocol::Entry entry) {
  switch (list) {
    case List::tools:
      return keep_tool(std::move(entry));
    case List::resources:
      catalogue_.resources.push_back(std::move(entry));
      return;
    case List::templates: {
      auto matcher = protocol::UriTemplate::parse(entry.key);
      catalogue_.templates.push_back({std::move(entry), std::move(matcher)});
      return;
    }
    case List::prompts: {
      std::string exposed =
          exposed_name(definition_->key, definition_->prefix, entry.key, settings_->max_name);
      catalogue_.prompts.push_back({std::move(entry), std::move(exposed)});
      return;
    }
  }
}

void CatalogueBuilder::keep_tool(protocol::Entry entry) {
  if (!allowed(*definition_, entry.key)) {
    catalogue_.denied.push_back(ruled_tool(*definition_, *settings_, entry.key));
    return;
  }
  const std::string name = entry.key;
  ToolPointer tool = listed_tool(*definition_, *settings_, std::move(entry), http_, schema_room_);
  if (!tool) return drop(name + ": its x-mcp-header annotations break the rules");
  catalogue_.tools.push_back(std::move(tool));
}

protocol::Topics difference(const Catalogue* a, const Catalogue* b) {
  static const Catalogue nothing;
  if (!a) a = &nothing;
  if (!b) b = &nothing;
  protocol::Topics topics;
  if (!same_tools(*a, *b)) topics.add(Topic::tools);
  if (!same_definitions(a->resources, b->resources) || !same_definitions(a->templates, b->templates))
    topics.add(Topic::resources);
  if (!same_definitions(a->prompts, b->prompts)) topics.add(Topic::prompts);
  return topics;
}

}  // namespace sallyport::upstream
