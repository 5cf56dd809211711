// Which subschema a reference means: the URIs, anchors and paths that a schema gives its parts.
#include "schema/compiler.hpp"
#include "schema/source.hpp"

#include <algorithm>

#include <boost/url.hpp>

namespace sallyport::schema {
namespace {

using simdjson::dom::object;

// `reference` as seen from `base`; nothing if either is no URI.
std::optional<std::string> resolved(std::string_view base, std::string_view reference) {
  const auto from = boost::urls::parse_uri(base);
  const auto to = boost::urls::parse_uri_reference(reference);
  if (!from || !to) return std::nullopt;
  boost::urls::url out;
  if (!boost::urls::resolve(*from, *to, out)) return std::nullopt;
  return std::string(out.buffer());
}

}  // namespace

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

}  // namespace sallyport::schema
