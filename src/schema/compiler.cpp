#include "schema/compiler.hpp"

#include "schema/source.hpp"

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr int max_depth = 128;
constexpr std::size_t max_path = 2048;
constexpr std::size_t max_about = 100;

}  // namespace

// The first doubt counts, but one about a keyword gives way to those that end every check.
void Compiler::doubt(Doubt why, std::string_view about) {
  if (given_up() || (why == Doubt::keyword && out_.doubt == why)) return;
  out_.doubt = why;
  out_.about = about.substr(0, max_about);
}

bool Compiler::given_up() const {
  return out_.doubt != Doubt::none && out_.doubt != Doubt::keyword;
}

void Compiler::run(std::string_view text_of_schema) {
  if (text_of_schema.size() > max_schema_bytes) return malformed("more than 1 MiB");
  out_.source = json::Dom::parse(text_of_schema);
  if (!out_.source) return malformed("numbers or strings that no tree can hold");
  const element root = out_.source->root();
  if (object top; root.get_object().get(top) == simdjson::SUCCESS) {
    if (const auto uri = find(top, "$schema")) {
      const auto draft = uri->is_string() ? draft_of(uri->get_string().value_unsafe()) : std::nullopt;
      if (!draft)
        return doubt(Doubt::dialect,
                     uri->is_string() ? std::string_view(uri->get_string().value_unsafe()) : "$schema");
      draft_ = *draft;
    }
  }
  resources_.push_back({std::string(nameless), "", no_node, {}});
  out_.dynamic_anchors.emplace_back();
  compile(root, "", 0);
  resolve_references();
}

NodeId Compiler::compile(element schema, const std::string& path, std::uint32_t resource) {
  if (given_up()) return 0;
  if (const auto found = nodes_by_path_.find(path); found != nodes_by_path_.end()) return found->second;
  if (room_ == 0 || out_.nodes.size() == max_subschemas || depth_ == max_depth || path.size() > max_path) {
    malformed("too many subschemas, or too deep");
    return 0;
  }
  --room_;
  const auto id = static_cast<NodeId>(out_.nodes.size());
  out_.nodes.push_back({.never = false, .unevaluated = false, .resource = resource, .keywords = {}});
  nodes_by_path_.emplace(path, id);
  if (resources_[resource].root == no_node) resources_[resource].root = id;
  if (schema.is_bool()) {
    out_.nodes[id].never = !schema.get_bool().value_unsafe();
    return id;
  }
  object in;
  if (schema.get_object().get(in) != simdjson::SUCCESS) {
    malformed("a schema that is neither object nor boolean");
    return id;
  }
  ++depth_;
  const Place place{id, path};
  const bool alone = draft_ == Draft::d7 && find(in, "$ref");  // what stands beside it is ignored
  if (!alone) identify(in, place);
  find_unknown(in);
  references(in, place);
  definitions(in, place);
  if (!alone) {
    values(in, place);
    numbers(in, place);
    sizes(in, place);
    members(in, place);
    dependencies(in, place);
    items(in, place);
    combinations(in, place);
    unevaluated(in, place);
  }
  --depth_;
  return id;
}

NodeId Compiler::child(const Place& place, std::string_view key, element schema) {
  return compile(schema, step(place.path, key), out_.nodes[place.node].resource);
}

std::vector<NodeId> Compiler::children(const Place& place, std::string_view key, element list) {
  std::vector<NodeId> all;
  simdjson::dom::array array;
  if (list.get_array().get(array) != simdjson::SUCCESS || array.begin() == array.end()) {
    malformed(key);
    return all;
  }
  const Place below{place.node, step(place.path, key)};
  for (const element each : array) all.push_back(child(below, std::to_string(all.size()), each));
  return all;
}

void Compiler::find_unknown(object schema) {
  for (const auto& [key, value] : schema)
    if (!is_known(key, draft_)) doubt(Doubt::keyword, key);
}

void Compiler::definitions(object schema, const Place& place) {
  for (const std::string_view key : {"$defs", "definitions"}) {
    const auto found = find(schema, key);
    if (!found) continue;
    object all;
    if (found->get_object().get(all) != simdjson::SUCCESS) return malformed(key);
    const Place below{place.node, step(place.path, key)};
    for (const auto& [name, each] : all) child(below, name, each);
  }
}

}  // namespace sallyport::schema
