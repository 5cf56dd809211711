#include "schema/compiler.hpp"

#include "json/pointer.hpp"
#include "schema/pattern.hpp"

#include <algorithm>
#include <array>

#include <boost/url.hpp>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr int max_depth = 128;
constexpr std::size_t max_path = 2048;
constexpr std::size_t max_about = 100;
constexpr std::string_view nameless = "https://schema.invalid/";  // the URI of a schema that has none

constexpr std::uint8_t d7 = 1;
constexpr std::uint8_t d2019 = 2;
constexpr std::uint8_t d2020 = 4;
constexpr std::uint8_t later = d2019 | d2020;
constexpr std::uint8_t any = d7 | later;

struct KeywordRow {
  std::string_view name;
  std::uint8_t drafts;
};

// The last ones are of no draft, but every generator of schemas writes them, and they are no rules.
constexpr auto known = std::to_array<KeywordRow>({
    {"$id", any},
    {"$schema", any},
    {"$ref", any},
    {"$comment", any},
    {"$defs", any},
    {"definitions", any},
    {"$anchor", later},
    {"$vocabulary", later},
    {"$dynamicRef", d2020},
    {"$dynamicAnchor", d2020},
    {"$recursiveRef", d2019},
    {"$recursiveAnchor", d2019},
    {"type", any},
    {"enum", any},
    {"const", any},
    {"multipleOf", any},
    {"minimum", any},
    {"maximum", any},
    {"exclusiveMinimum", any},
    {"exclusiveMaximum", any},
    {"minLength", any},
    {"maxLength", any},
    {"pattern", any},
    {"minItems", any},
    {"maxItems", any},
    {"uniqueItems", any},
    {"minProperties", any},
    {"maxProperties", any},
    {"required", any},
    {"dependentRequired", later},
    {"dependentSchemas", later},
    {"dependencies", any},
    {"allOf", any},
    {"anyOf", any},
    {"oneOf", any},
    {"not", any},
    {"if", any},
    {"then", any},
    {"else", any},
    {"properties", any},
    {"patternProperties", any},
    {"additionalProperties", any},
    {"propertyNames", any},
    {"items", any},
    {"prefixItems", d2020},
    {"additionalItems", d7 | d2019},
    {"contains", any},
    {"minContains", later},
    {"maxContains", later},
    {"unevaluatedItems", later},
    {"unevaluatedProperties", later},
    {"title", any},
    {"description", any},
    {"default", any},
    {"examples", any},
    {"readOnly", any},
    {"writeOnly", any},
    {"deprecated", any},
    {"format", any},
    {"contentMediaType", any},
    {"contentEncoding", any},
    {"contentSchema", later},
    {"example", any},
    {"enumNames", any},
    {"errorMessage", any},
});

std::optional<Draft> draft_of(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri == "https://json-schema.org/draft/2020-12/schema") return Draft::d2020;
  if (uri == "https://json-schema.org/draft/2019-09/schema") return Draft::d2019;
  if (uri == "http://json-schema.org/draft-07/schema" || uri == "https://json-schema.org/draft-07/schema")
    return Draft::d7;
  return std::nullopt;
}

std::optional<element> find(object in, std::string_view key) {
  element found;
  if (in.at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

std::optional<std::string_view> text(object in, std::string_view key) {
  const auto found = find(in, key);
  if (!found || !found->is_string()) return std::nullopt;
  return std::string_view(found->get_string().value_unsafe());
}

std::string step(const std::string& path, std::string_view key) {
  const std::string name(key);
  return path + json::format_pointer({&name, 1});
}

// `reference` as seen from `base`; nothing if either is no URI.
std::optional<std::string> resolved(std::string_view base, std::string_view reference) {
  const auto from = boost::urls::parse_uri(base);
  const auto to = boost::urls::parse_uri_reference(reference);
  if (!from || !to) return std::nullopt;
  boost::urls::url out;
  if (!boost::urls::resolve(*from, *to, out)) return std::nullopt;
  return std::string(out.buffer());
}

std::uint8_t type_named(std::string_view name) {
  struct Row {
    std::string_view name;
    std::uint8_t type;
  };
  constexpr auto rows = std::to_array<Row>({{"null", is_null},
                                            {"boolean", is_boolean},
                                            {"string", is_string},
                                            {"array", is_array},
                                            {"object", is_object},
                                            {"integer", is_integer_type},
                                            {"number", is_number_type}});
  const auto* const row = std::ranges::find(rows, name, &Row::name);
  return row == rows.end() ? std::uint8_t{0} : row->type;
}

}  // namespace

bool is_known(std::string_view name, Draft draft) {
  if (name.starts_with("x-")) return true;
  const auto* const row = std::ranges::find(known, name, &KeywordRow::name);
  return row != known.end() && (row->drafts & static_cast<std::uint8_t>(draft)) != 0;
}

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

void Compiler::identify(object schema, const Place& place) {
  if (const auto uri = text(schema, "$schema"); uri && draft_of(*uri) != draft_) doubt(Doubt::dialect, *uri);
  const auto named = [&] { return out_.nodes[place.node].resource; };
  if (const auto id = text(schema, "$id")) {
    if (draft_ == Draft::d7 && id->starts_with('#')) {
      resources_[named()].anchors.emplace(id->substr(1), place.node);
    } else {
      auto uri = resolved(resources_[named()].uri, *id);
      if (!uri) return doubt(Doubt::reference, *id);
      if (uri->ends_with('#')) uri->pop_back();
      if (place.path.empty()) {
        resources_[0].uri = *uri;
      } else {
        out_.nodes[place.node].resource = static_cast<std::uint32_t>(resources_.size());
        resources_.push_back({*uri, place.path, place.node, {}});
        out_.dynamic_anchors.emplace_back();
      }
    }
  }
  if (draft_ == Draft::d7) return;
  if (const auto anchor = text(schema, "$anchor")) resources_[named()].anchors.emplace(*anchor, place.node);
  if (draft_ == Draft::d2020) {
    if (const auto anchor = text(schema, "$dynamicAnchor")) {
      resources_[named()].anchors.emplace(*anchor, place.node);
      out_.dynamic_anchors[named()].emplace(*anchor, place.node);
    }
  } else if (const auto recursive = find(schema, "$recursiveAnchor");
             recursive && recursive->is_bool() && recursive->get_bool().value_unsafe()) {
    out_.dynamic_anchors[named()].emplace("#", place.node);
  }
}

void Compiler::find_unknown(object schema) {
  for (const auto& [key, value] : schema)
    if (!is_known(key, draft_)) doubt(Doubt::keyword, key);
}

void Compiler::references(object schema, const Place& place) {
  const auto open = [&](std::string_view key, bool dynamic) {
    const auto written = find(schema, key);
    if (!written) return;
    if (!written->is_string()) return malformed(key);
    const std::string_view reference = written->get_string().value_unsafe();
    auto uri = resolved(resources_[out_.nodes[place.node].resource].uri, reference);
    if (!uri) return doubt(Doubt::reference, reference);
    open_.push_back({place.node, out_.nodes[place.node].keywords.size(), std::move(*uri), dynamic});
    dynamic ? add(place, keyword::DynamicRef{}) : add(place, keyword::Ref{});
  };
  open("$ref", false);
  if (draft_ == Draft::d2020) open("$dynamicRef", true);
  if (draft_ == Draft::d2019) open("$recursiveRef", true);
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

void Compiler::values(object schema, const Place& place) {
  if (const auto type = find(schema, "type")) {
    keyword::Type made;
    if (type->is_string()) {
      made.types = type_named(type->get_string().value_unsafe());
    } else if (simdjson::dom::array list; type->get_array().get(list) == simdjson::SUCCESS) {
      for (const element each : list) {
        const std::uint8_t one =
            each.is_string() ? type_named(each.get_string().value_unsafe()) : std::uint8_t{0};
        if (one == 0) return malformed("type");
        made.types |= one;
      }
    }
    if (made.types == 0) return malformed("type");
    add(place, made);
  }
  if (const auto list = find(schema, "enum")) {
    keyword::Enum made;
    simdjson::dom::array array;
    if (list->get_array().get(array) != simdjson::SUCCESS) return malformed("enum");
    for (const element each : array) made.values.push_back(each);
    add(place, std::move(made));
  }
  if (const auto value = find(schema, "const")) add(place, keyword::Enum{{*value}, true});
  if (const auto pattern = find(schema, "pattern")) {
    if (!pattern->is_string()) return malformed("pattern");
    const std::string_view written = pattern->get_string().value_unsafe();
    auto compiled = compile_pattern(written);
    if (!compiled) return doubt(Doubt::pattern, written);
    add(place, keyword::Matches{std::move(compiled), written});
  }
}

void Compiler::numbers(object schema, const Place& place) {
  using Kind = keyword::Bound::Kind;
  constexpr std::pair<std::string_view, Kind> bounds[] = {{"minimum", Kind::at_least},
                                                          {"maximum", Kind::at_most},
                                                          {"exclusiveMinimum", Kind::above},
                                                          {"exclusiveMaximum", Kind::below}};
  for (const auto& [key, kind] : bounds) {
    const auto limit = find(schema, key);
    if (!limit) continue;
    if (!limit->is_number()) return malformed(key);
    add(place, keyword::Bound{kind, *limit});
  }
  if (const auto of = find(schema, "multipleOf")) {
    double value = 0;
    if (of->get_double().get(value) != simdjson::SUCCESS || !(value > 0)) return malformed("multipleOf");
    add(place, keyword::MultipleOf{*of});
  }
}

// Such numbers are whole, but may be written as 2.0.
std::optional<std::uint64_t> Compiler::count(object schema, std::string_view key) {
  const auto found = find(schema, key);
  if (!found) return std::nullopt;
  double value = -1;
  if (found->get_double().get(value) != simdjson::SUCCESS || !(value >= 0) || value > 9e15 ||
      value != static_cast<double>(static_cast<std::uint64_t>(value))) {
    malformed(key);
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

void Compiler::size(object schema, const Place& place, std::string_view key, keyword::Size::Of of,
                    bool least) {
  if (const auto limit = count(schema, key)) add(place, keyword::Size{of, least, *limit});
}

void Compiler::sizes(object schema, const Place& place) {
  using Of = keyword::Size::Of;
  size(schema, place, "minLength", Of::string, true);
  size(schema, place, "maxLength", Of::string, false);
  size(schema, place, "minItems", Of::array, true);
  size(schema, place, "maxItems", Of::array, false);
  size(schema, place, "minProperties", Of::object, true);
  size(schema, place, "maxProperties", Of::object, false);
  if (const auto unique = find(schema, "uniqueItems")) {
    if (!unique->is_bool()) return malformed("uniqueItems");
    if (unique->get_bool().value_unsafe()) add(place, keyword::Unique{});
  }
}

std::optional<Names> Compiler::names(std::string_view key, element list) {
  simdjson::dom::array array;
  Names all;
  if (list.get_array().get(array) == simdjson::SUCCESS) {
    for (const element each : array) {
      if (!each.is_string()) {
        malformed(key);
        return std::nullopt;
      }
      all.emplace_back(each.get_string().value_unsafe());
    }
    return all;
  }
  malformed(key);
  return std::nullopt;
}

void Compiler::combinations(object schema, const Place& place) {
  if (const auto list = find(schema, "allOf")) add(place, keyword::AllOf{children(place, "allOf", *list)});
  if (const auto list = find(schema, "anyOf")) add(place, keyword::AnyOf{children(place, "anyOf", *list)});
  if (const auto list = find(schema, "oneOf")) add(place, keyword::OneOf{children(place, "oneOf", *list)});
  if (const auto node = find(schema, "not")) add(place, keyword::Not{child(place, "not", *node)});
  if (const auto condition = find(schema, "if")) {
    keyword::If made;
    made.condition = child(place, "if", *condition);
    if (const auto then = find(schema, "then")) made.then = child(place, "then", *then);
    if (const auto otherwise = find(schema, "else")) made.otherwise = child(place, "else", *otherwise);
    add(place, made);
  }
}

void Compiler::members(object schema, const Place& place) {
  if (const auto list = find(schema, "required"))
    if (auto all = names("required", *list)) add(place, keyword::Required{std::move(*all)});
  keyword::Members made;
  if (const auto named = find(schema, "properties")) {
    object all;
    if (named->get_object().get(all) != simdjson::SUCCESS) return malformed("properties");
    const Place below{place.node, step(place.path, "properties")};
    for (const auto& [name, each] : all) made.named.emplace_back(name, child(below, name, each));
    std::ranges::sort(made.named);
  }
  if (const auto patterns = find(schema, "patternProperties")) {
    object all;
    if (patterns->get_object().get(all) != simdjson::SUCCESS) return malformed("patternProperties");
    const Place below{place.node, step(place.path, "patternProperties")};
    for (const auto& [written, each] : all) {
      auto compiled = compile_pattern(written);
      if (!compiled) return doubt(Doubt::pattern, written);
      made.patterns.emplace_back(std::move(compiled), child(below, written, each));
    }
  }
  if (const auto rest = find(schema, "additionalProperties"))
    made.rest = child(place, "additionalProperties", *rest);
  if (!made.named.empty() || !made.patterns.empty() || made.rest != no_node) add(place, std::move(made));
  if (const auto node = find(schema, "propertyNames"))
    add(place, keyword::PropertyNames{child(place, "propertyNames", *node)});
}

void Compiler::dependencies(object schema, const Place& place) {
  keyword::DependentRequired required;
  keyword::DependentSchemas schemas;
  const auto take = [&](std::string_view key, bool lists, bool subschemas) {
    const auto found = find(schema, key);
    if (!found) return;
    object all;
    if (found->get_object().get(all) != simdjson::SUCCESS) return malformed(key);
    const Place below{place.node, step(place.path, key)};
    for (const auto& [name, each] : all) {
      if (lists && each.is_array()) {
        if (auto wanted = names(key, each)) required.rules.emplace_back(name, std::move(*wanted));
      } else if (subschemas) {
        schemas.rules.emplace_back(name, child(below, name, each));
      } else {
        malformed(key);
      }
    }
  };
  take("dependencies", true, true);  // of draft-07, and taken by validators of the later ones too
  if (draft_ != Draft::d7) {
    take("dependentRequired", true, false);
    take("dependentSchemas", false, true);
  }
  if (!required.rules.empty()) add(place, std::move(required));
  if (!schemas.rules.empty()) add(place, std::move(schemas));
}

void Compiler::items(object schema, const Place& place) {
  keyword::Items made;
  const std::string_view list_key = draft_ == Draft::d2020 ? "prefixItems" : "items";
  const std::string_view rest_key = draft_ == Draft::d2020 ? "items" : "additionalItems";
  const auto items = find(schema, "items");
  if (const auto list = find(schema, list_key); list && (list->is_array() || draft_ == Draft::d2020)) {
    made.first = children(place, list_key, *list);
    if (const auto rest = find(schema, rest_key)) made.rest = child(place, rest_key, *rest);
  } else if (items) {
    made.rest = child(place, "items", *items);
  }
  if (!made.first.empty() || made.rest != no_node) add(place, std::move(made));
  if (const auto node = find(schema, "contains")) {
    keyword::Contains contains;
    contains.node = child(place, "contains", *node);
    contains.evaluates = draft_ == Draft::d2020;
    if (draft_ != Draft::d7) {
      contains.least = count(schema, "minContains").value_or(1);
      contains.most = count(schema, "maxContains");
    }
    add(place, contains);
  }
}

void Compiler::unevaluated(object schema, const Place& place) {
  if (draft_ == Draft::d7) return;
  if (const auto node = find(schema, "unevaluatedItems"))
    add(place, keyword::UnevaluatedItems{child(place, "unevaluatedItems", *node)});
  if (const auto node = find(schema, "unevaluatedProperties"))
    add(place, keyword::UnevaluatedMembers{child(place, "unevaluatedProperties", *node)});
  out_.nodes[place.node].unevaluated =
      find(schema, "unevaluatedItems") || find(schema, "unevaluatedProperties");
}

// A target that no keyword leads to is compiled when it is met, which may open others.
void Compiler::resolve_references() {
  for (std::size_t i = 0; i < open_.size() && !given_up(); ++i) {
    const OpenRef ref = open_[i];
    std::string anchor;
    const NodeId node = target(ref.uri, ref.dynamic ? &anchor : nullptr);
    if (node == no_node)
      return doubt(Doubt::reference, ref.uri.starts_with(nameless)
                                         ? std::string_view(ref.uri).substr(nameless.size())
                                         : ref.uri);
    Keyword& open = out_.nodes[ref.node].keywords[ref.keyword];
    if (auto* const plain = std::get_if<keyword::Ref>(&open)) plain->node = node;
    if (auto* const dynamic = std::get_if<keyword::DynamicRef>(&open)) *dynamic = {node, std::move(anchor)};
  }
}

// `anchor`: takes the dynamic anchor by which it was found.
NodeId Compiler::target(const std::string& uri, std::string* anchor) {
  const std::size_t hash = uri.find('#');
  const std::string base = uri.substr(0, hash);
  std::string fragment;
  if (hash != std::string::npos) {
    const auto decoded = boost::urls::make_pct_string_view(std::string_view(uri).substr(hash + 1));
    if (!decoded) return no_node;
    const auto view = **decoded;
    fragment.assign(view.begin(), view.end());
  }
  const auto found = std::ranges::find(resources_, base, &Resource::uri);
  if (found == resources_.end()) return no_node;
  const auto index = static_cast<std::uint32_t>(found - resources_.begin());
  if (anchor) {
    const std::string wanted = draft_ == Draft::d2019 ? "#" : fragment;
    if (out_.dynamic_anchors[index].contains(wanted)) *anchor = wanted;
  }
  if (fragment.empty()) return found->root;
  if (fragment.front() != '/') {
    const auto named = found->anchors.find(fragment);
    return named == found->anchors.end() ? no_node : named->second;
  }
  const std::string path = found->path + fragment;
  if (const auto known_node = nodes_by_path_.find(path); known_node != nodes_by_path_.end())
    return known_node->second;
  const auto at = json::parse_pointer(path) ? out_.source->at(path) : std::nullopt;
  if (!at || !(at->is_object() || at->is_bool())) return no_node;
  return compile(*at, path, index);
}

std::string_view name(Doubt doubt) noexcept {
  switch (doubt) {
    case Doubt::none:
      break;
    case Doubt::dialect:
      return "dialect";
    case Doubt::keyword:
      return "keyword";
    case Doubt::reference:
      return "reference";
    case Doubt::pattern:
      return "pattern";
    case Doubt::malformed:
      return "malformed";
    case Doubt::budget:
      return "budget";
    case Doubt::value:
      return "value";
  }
  return "none";
}

Schema Schema::compile(std::string_view text_of_schema, std::uint32_t& room) {
  auto compiled = std::make_shared<Compiled>();
  Compiler(*compiled, room).run(text_of_schema);
  if (compiled->doubt != Doubt::none && compiled->doubt != Doubt::keyword) {
    compiled->nodes = {};
    compiled->source.reset();
  }
  return Schema(std::move(compiled));
}

Schema Schema::compile(std::string_view text_of_schema) {
  std::uint32_t room = max_subschemas;
  return compile(text_of_schema, room);
}

Doubt Schema::doubt() const noexcept {
  return compiled_->doubt;
}

const std::string& Schema::about() const noexcept {
  return compiled_->about;
}

}  // namespace sallyport::schema
