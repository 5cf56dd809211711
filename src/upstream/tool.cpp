#include "upstream/tool.hpp"

#include "json/splice.hpp"
#include "upstream/names.hpp"

#include <algorithm>
#include <unordered_set>

namespace sallyport::upstream {
namespace {

constexpr std::size_t max_name_bytes = 256;
constexpr std::size_t max_notes = 100;

void drop(Catalogue& catalogue, std::string_view what, std::string_view why) {
  if (catalogue.dropped.size() >= max_notes) return;
  catalogue.dropped.push_back(std::string(what) + ": " + std::string(why));
}

bool annotated(std::string_view text, json::Span object, std::string_view hint) {
  const json::Member annotations = json::find_member(text, object, "annotations");
  if (!annotations.value.is(json::Type::object)) return false;
  return json::find_member(text, annotations.value.span, hint).value.is(json::Type::true_value);
}

// What the operator says of a tool, whatever its server lists.
Tool ruled_tool(const Definition& definition, const Settings& settings, std::string_view name) {
  Tool tool;
  tool.server = definition.key;
  tool.name = name;
  const auto renamed = definition.rename.find(name);
  tool.own_name = renamed == definition.rename.end() ? std::string(name) : renamed->second;
  tool.exposed = exposed_name(definition.key, definition.prefix, tool.own_name, settings.max_name);
  tool.idempotent = matches_any(definition.idempotent, name) || matches_any(definition.read_only, name);
  if (const auto limit = definition.timeout.find(name); limit != definition.timeout.end())
    tool.timeout = limit->second;
  return tool;
}

// The definition under the operator's name and description.
std::string described(const Definition& definition, const Tool& tool, std::string_view text,
                      json::Span object) {
  const std::string own = json::quote(tool.own_name);
  std::string description;
  json::Splice splice(text);
  splice.replace(json::find_member(text, object, "name").value.span, own);
  if (const auto words = definition.describe.find(tool.name); words != definition.describe.end()) {
    description = json::quote(words->second);
    const json::Member old = json::find_member(text, object, "description");
    if (old) splice.replace(old.value.span, description);
    if (!old) splice.append_member(object, "description", description);
  }
  return splice.to_string();
}

}  // namespace

bool allowed(const Definition& definition, std::string_view tool) noexcept {
  return matches_any(definition.allow, tool) && !matches_any(definition.deny, tool);
}

void add_tools(const Definition& definition, const Settings& settings, std::string_view bytes,
               json::Span tools, bool http, Catalogue& catalogue) {
  std::unordered_set<std::string> seen;
  for (const ToolPointer& tool : catalogue.tools) seen.insert(tool->name);
  json::ElementCursor cursor(bytes, tools);
  while (const auto element = cursor.next()) {
    if (catalogue.tools.size() + catalogue.denied.size() >= max_tools)
      return drop(catalogue, "the rest", "more tools than we take");
    if (!element->is(json::Type::object)) {
      drop(catalogue, "an entry", "not an object");
      continue;
    }
    const std::string text(element->of(bytes));
    const json::Span object{0, static_cast<std::uint32_t>(text.size())};
    const json::Member name_member = json::find_member(text, object, "name");
    if (!name_member.value.is(json::Type::string) || name_member.value.span.size() > max_name_bytes) {
      drop(catalogue, "an entry", "no usable name");
      continue;
    }
    const std::string name = json::unescape(name_member.value.of(text));
    if (name.empty()) {
      drop(catalogue, "an entry", "no usable name");
      continue;
    }
    if (!allowed(definition, name)) {
      catalogue.denied.push_back(std::make_shared<const Tool>(ruled_tool(definition, settings, name)));
      continue;
    }
    if (!seen.insert(name).second) {
      drop(catalogue, name, "listed twice");
      continue;
    }
    Tool tool = ruled_tool(definition, settings, name);
    const json::Member schema = json::find_member(text, object, "inputSchema");
    if (schema.value.is(json::Type::object)) {
      auto headers = protocol::param_headers(schema.value.of(text));
      if (!headers && http) {
        drop(catalogue, name, "its x-mcp-header annotations break the rules");
        continue;
      }
      if (headers) tool.param_headers = std::move(*headers);
    }
    if (definition.trusted) {
      tool.idempotent = tool.idempotent || annotated(text, object, "readOnlyHint") ||
                        annotated(text, object, "idempotentHint");
    }
    tool.definition = described(definition, tool, text, object);
    catalogue.tools.push_back(std::make_shared<const Tool>(std::move(tool)));
  }
}

ToolPointer unlisted_tool(const Definition& definition, const Settings& settings, std::string_view name) {
  // The upstream's own name: one that was renamed away is not to be had under the old one.
  std::string_view own = name;
  for (const auto& [original, shown] : definition.rename) {
    if (shown == name) own = original;
  }
  if (own.empty() || own.size() > max_name_bytes || !allowed(definition, own)) return nullptr;
  if (own == name && definition.rename.contains(name)) return nullptr;
  Tool tool = ruled_tool(definition, settings, own);
  tool.listed = false;
  return std::make_shared<const Tool>(std::move(tool));
}

std::string render_tool(const Tool& tool, std::string_view name, protocol::Revision revision) {
  const std::string_view text = tool.definition;
  const json::Span object{0, static_cast<std::uint32_t>(text.size())};
  json::Splice splice(text);
  const std::string quoted = json::quote(name);
  if (name != tool.own_name) splice.replace(json::find_member(text, object, "name").value.span, quoted);
  // Tasks are not carried through yet: a tool must not ask for what its caller cannot do.
  if (const json::Member execution = json::find_member(text, object, "execution")) splice.remove(execution);
  if (protocol::era(revision) == protocol::Era::legacy) {
    // Up to 2025-11-25 an outputSchema has an object at its root; another one makes clients refuse the whole
    // list.
    const json::Member output = json::find_member(text, object, "outputSchema");
    if (output) {
      const json::Member type = output.value.is(json::Type::object)
                                    ? json::find_member(text, output.value.span, "type")
                                    : json::Member{};
      const bool object_root =
          type.value.is(json::Type::string) && json::equals_unescaped(type.value.of(text), "object");
      if (!object_root) splice.remove(output);
    }
  }
  return splice.to_string();
}

}  // namespace sallyport::upstream
