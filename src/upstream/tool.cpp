#include "upstream/tool.hpp"

#include "json/splice.hpp"
#include "upstream/names.hpp"

namespace sallyport::upstream {
namespace {

constexpr std::size_t max_name_bytes = 256;

bool annotated(std::string_view text, json::Span object, std::string_view hint) {
  const json::Member annotations = json::find_member(text, object, "annotations");
  if (!annotations.value.is(json::Type::object)) return false;
  return json::find_member(text, annotations.value.span, hint).value.is(json::Type::true_value);
}

bool only_as_task(std::string_view text, json::Span object) {
  const json::Member execution = json::find_member(text, object, "execution");
  if (!execution.value.is(json::Type::object)) return false;
  const json::Value support = json::find_member(text, execution.value.span, "taskSupport").value;
  return support.is(json::Type::string) && json::equals_unescaped(support.of(text), "required");
}

Tool ruled(const Definition& definition, const Settings& settings, std::string_view name) {
  Tool tool;
  tool.server = definition.key;
  tool.name = name;
  const auto renamed = definition.rename.find(name);
  tool.own_name = renamed == definition.rename.end() ? std::string(name) : renamed->second;
  tool.exposed = exposed_name(definition.key, definition.prefix, tool.own_name, settings.max_name);
  tool.idempotent = matches_any(definition.idempotent, name) || matches_any(definition.read_only, name);
  tool.validate = definition.validate;
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

ToolPointer ruled_tool(const Definition& definition, const Settings& settings, std::string_view name) {
  return std::make_shared<const Tool>(ruled(definition, settings, name));
}

const schema::Schema* Tool::input_schema() const {
  if (!compiled_schema) {
    const json::Span object{0, static_cast<std::uint32_t>(definition.size())};
    const json::Member written =
        definition.empty() ? json::Member() : json::find_member(definition, object, "inputSchema");
    if (!written) return nullptr;
    std::uint32_t alone = schema::max_subschemas;
    compiled_schema =
        schema::Schema::compile(written.value.of(definition), schema_room ? *schema_room : alone);
  }
  return &*compiled_schema;
}

ToolPointer listed_tool(const Definition& definition, const Settings& settings, protocol::Entry entry,
                        bool http, std::shared_ptr<std::uint32_t> schema_room) {
  Tool tool = ruled(definition, settings, entry.key);
  tool.schema_room = std::move(schema_room);
  const std::string_view text = entry.definition;
  const json::Span object{0, static_cast<std::uint32_t>(text.size())};
  const json::Member input = json::find_member(text, object, "inputSchema");
  if (input.value.is(json::Type::object)) {
    auto headers = protocol::param_headers(input.value.of(text));
    if (!headers && http) return nullptr;
    if (headers) tool.param_headers = std::move(*headers);
  }
  if (definition.trusted) {
    tool.idempotent = tool.idempotent || annotated(text, object, "readOnlyHint") ||
                      annotated(text, object, "idempotentHint");
  }
  tool.task_only = only_as_task(text, object);
  tool.definition = described(definition, tool, text, object);
  return std::make_shared<const Tool>(std::move(tool));
}

ToolPointer unlisted_tool(const Definition& definition, const Settings& settings, std::string_view name) {
  // The upstream's own name: one that was renamed away is not to be had under the old one.
  std::string_view own = name;
  for (const auto& [original, shown] : definition.rename) {
    if (shown == name) own = original;
  }
  if (own.empty() || own.size() > max_name_bytes || !allowed(definition, own)) return nullptr;
  if (own == name && definition.rename.contains(name)) return nullptr;
  Tool tool = ruled(definition, settings, own);
  tool.listed = false;
  return std::make_shared<const Tool>(std::move(tool));
}

}  // namespace sallyport::upstream
