#include "config/schema.hpp"

#include "base/durations.hpp"
#include "base/strings.hpp"
#include "config/keys.hpp"

#include <limits>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace sallyport::config {
namespace {

namespace json = boost::json;

json::object reference(std::string_view definition) {
  return {{"$ref", fmt::format("#/$defs/{}", definition)}};
}

json::object list_of(json::object item) {
  return {{"type", "array"}, {"items", std::move(item)}};
}
json::object map_of(json::object value) {
  return {{"type", "object"}, {"additionalProperties", std::move(value)}};
}

// What is no text may come out of an expansion, and is one in the file then.
json::object or_expansion(json::object type) {
  return {{"anyOf", json::array{std::move(type), reference("expansion")}}};
}

json::object integer(const Key& key) {
  return {{"type", "integer"}, {"minimum", key.min}, {"maximum", key.max}};
}

json::object choice(const Key& key) {
  json::array choices;
  for (const std::string& word : split_choices(key.choices)) choices.emplace_back(word);
  return {{"enum", std::move(choices)}};
}

json::object of_type(const Key& key) {
  const json::object text{{"type", "string"}};
  const json::object scalar{{"type", json::array{"string", "number", "boolean"}}};
  switch (key.type) {
    case Type::any:
    case Type::section:
    case Type::servers:
      return {{"type", json::array{"object", "null"}}};
    case Type::rules:
      return {{"type", json::array{"array", "null"}}};
    case Type::boolean:
      return or_expansion({{"type", "boolean"}});
    case Type::integer:
      return or_expansion(integer(key));
    case Type::duration:
      return or_expansion(reference("duration"));
    case Type::size:
      return or_expansion(reference("size"));
    case Type::rate:
      return or_expansion(reference("rate"));
    case Type::share:
      return or_expansion({{"type", "number"}, {"minimum", 0}, {"maximum", 1}});
    case Type::address:
      return or_expansion(reference("address"));
    case Type::addresses:
      return {{"anyOf", json::array{reference("listen_address"), reference("expansion"),
                                    list_of(or_expansion(reference("listen_address")))}}};
    case Type::choice:
      return or_expansion(choice(key));
    case Type::text:
    case Type::path:
      return {{"type", "string"}, {"minLength", 1}};
    case Type::receiver:
      return or_expansion(reference("listen_address"));
    case Type::url:
    case Type::secret_url:
      return or_expansion({{"type", "string"}, {"pattern", "^[Hh][Tt][Tt][Pp][Ss]?://"}});
    case Type::token:
      return or_expansion({{"type", "string"}, {"pattern", "^[A-Za-z0-9._~+/=-]{16,512}$"}});
    case Type::separator:
      return or_expansion({{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]{1,8}$"}});
    case Type::prefix:
      return {{"const", ""}};
    case Type::arguments:
      return list_of(scalar);
    case Type::environment:
    case Type::headers:
      return map_of(scalar);
    case Type::origins:
    case Type::hosts:
    case Type::proxies:
    case Type::patterns:
      return list_of(text);
    case Type::seal_keys:
      return {{"type", "array"},
              {"maxItems", 2},
              {"items",
               or_expansion({{"type", "string"}, {"pattern", "^([0-9A-Fa-f]{64}|[A-Za-z0-9+/]{43}=)$"}})}};
    case Type::statuses:
      return list_of(or_expansion(integer(key)));
    case Type::error_code:
      return or_expansion({{"type", "integer"},
                           {"minimum", std::numeric_limits<std::int32_t>::min()},
                           {"maximum", std::numeric_limits<std::int32_t>::max()}});
    case Type::tool_durations:
      return map_of(or_expansion(reference("duration")));
    case Type::tool_names:
      return map_of(or_expansion({{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]{1,64}$"}}));
    case Type::tool_texts:
      return map_of(text);
  }
  return {};
}

// The default as JSON; the file's own spelling is JSON too but for bare words.
json::value standard(const Key& key) {
  switch (key.type) {
    case Type::boolean:
      return key.standard == "true";
    case Type::integer:
      return parse_int<std::uint64_t>(key.standard).value_or(0);
    case Type::share:
    case Type::error_code:
      return json::parse(key.standard);
    case Type::rules:
    case Type::origins:
    case Type::hosts:
    case Type::proxies:
    case Type::seal_keys:
      return {{"type", "array"},
              {"maxItems", 2},
              {"items",
               or_expansion({{"type", "string"}, {"pattern", "^([0-9A-Fa-f]{64}|[A-Za-z0-9+/]{43}=)$"}})}};
    case Type::statuses:
    case Type::arguments:
      return json::array();
    case Type::environment:
    case Type::headers:
    case Type::tool_durations:
    case Type::tool_names:
    case Type::tool_texts:
      return json::object();
    case Type::patterns:
      return key.standard == "[]" ? json::array() : json::array{"*"};
    default:
      return json::value(key.standard);
  }
}

json::object section(std::string_view path);

json::object describe_key(const Key& key) {
  json::object schema = of_type(key);
  if (key.type == Type::section) {
    schema = section(key.path);
    if (!key.bare.empty())
      schema = {{"anyOf", json::array{of_type(*find_key(fmt::format("{}.{}", key.path, key.bare))),
                                      std::move(schema)}}};
  } else if (key.type == Type::servers) {
    schema["propertyNames"] = json::object{{"pattern", "^[a-z0-9-]{1,24}$"}};
    schema["additionalProperties"] = section(fmt::format("{}.*", key.path));
  }
  if (key.type == Type::rules) schema["items"] = section(fmt::format("{}.*", key.path));
  schema["description"] = key.doc;
  if (!key.standard.empty()) schema["default"] = standard(key);
  return schema;
}

json::object section(std::string_view path) {
  json::object properties;
  for (const std::string& name : names_below(path)) {
    const Key* key = find_key(path.empty() ? name : fmt::format("{}.{}", path, name));
    properties[name] = describe_key(*key);
  }
  json::object schema{{"type", json::array{"object", "null"}},
                      {"properties", std::move(properties)},
                      {"additionalProperties", false}};
  if (path == "servers.*") {
    schema["type"] = "object";
    schema["oneOf"] = json::array{json::object{{"required", json::array{"command"}}},
                                  json::object{{"required", json::array{"url"}}}};
  }
  if (path == "recovery.*" || path == "faults.*") {
    schema["type"] = "object";
    schema["required"] = json::array{path == "faults.*" ? "fault" : "strategy"};
  }
  return schema;
}

json::object definitions() {
  const auto text = [](std::string_view pattern, std::string_view words) {
    return json::object{{"type", "string"}, {"pattern", pattern}, {"description", words}};
  };
  json::object size = text("^[0-9]+(B|KiB|MiB|GiB|TiB)?$", describe(Type::size).form);
  size["type"] = json::array{"string", "integer"};
  return {
      {"duration", text("^([0-9]+(d|h|m|s|ms))+$", describe(Type::duration).form)},
      {"size", std::move(size)},
      {"rate", text("^[0-9]+/[0-9]*(d|h|m|s|ms)$", describe(Type::rate).form)},
      {"address", text(R"(^([0-9.]+|\[[0-9A-Fa-f:.]+\]|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]):[0-9]{1,5}$)",
                       describe(Type::address).form)},
      {"listen_address",
       text(
           R"(^([0-9.]+|\[[0-9A-Fa-f:.]+\]|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]):[0-9]{1,5}$|^unix:/.*[^/]$)",
           describe(Type::addresses).form)},
      {"expansion", text(R"(\$\{[^}]*\})", "`${NAME}`, `${NAME:-text}` or `${file:/path}`")}};
}

void print(const json::value& value, std::string& out, std::size_t indent);

template <class Container, class PrintItem>
void print_items(const Container& items, char open, char close, std::string& out, std::size_t indent,
                 PrintItem print_item) {
  out += open;
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(indent + 2, ' ');
    print_item(item);
  }
  if (!first) out.append("\n").append(indent, ' ');
  out += close;
}

void print(const json::value& value, std::string& out, std::size_t indent) {
  if (const json::object* object = value.if_object()) {
    print_items(*object, '{', '}', out, indent, [&](const json::key_value_pair& member) {
      out += fmt::format("{}: ", json::serialize(json::value(member.key())));
      print(member.value(), out, indent + 2);
    });
  } else {
    out += json::serialize(value);
  }
}

std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// What a key takes, in the fewest words.
std::string takes(const Key& key) {
  if (key.type == Type::choice) {
    std::string list;
    for (const std::string& word : split_choices(key.choices))
      list += fmt::format("{}`{}`", list.empty() ? "" : ", ", word);
    return list;
  }
  std::string text(describe(key.type).name);
  const auto range = [&](auto show) { text += fmt::format(", {} to {}", show(key.min), show(key.max)); };
  if (key.max == 0 || key.min == key.max) return text;
  if (key.type == Type::integer) range([](std::uint64_t n) { return n; });
  if (key.type == Type::size) range(format_size);
  if (key.type == Type::duration) {
    range([](std::uint64_t ms) { return format_duration(Milliseconds(static_cast<std::int64_t>(ms))); });
  }
  return text;
}

}  // namespace

std::string json_schema() {
  json::object root = section("");
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "sallyport.yaml"},
                      {"description", "The configuration of Sallyport, a gateway in front of MCP servers."}};
  root["type"] = "object";
  root["required"] = json::array{"servers"};
  for (auto& member : root) schema[member.key()] = std::move(member.value());
  schema["$defs"] = definitions();
  std::string out;
  print(schema, out, 0);
  return out + '\n';
}

std::string key_table_markdown() {
  std::string table = "| key | takes | default | |\n|---|---|---|---|\n";
  for (const Key& key : keys()) {
    const bool container = key.type == Type::section || key.type == Type::servers || key.type == Type::rules;
    if (!key.enforced() || container) continue;
    const std::string standard = key.standard.empty() ? "" : fmt::format("`{}`", key.standard);
    table +=
        fmt::format("| `{}` | {} | {} | {} |\n", key.path, cell(takes(key)), cell(standard), cell(key.doc));
  }
  return table;
}

}  // namespace sallyport::config
