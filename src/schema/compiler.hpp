// From the text of a schema to its compiled form.
#pragma once

#include "schema/compiled.hpp"
#include "schema/dialect.hpp"

namespace sallyport::schema {

// What stands for the URI of a schema that has none.
inline constexpr std::string_view nameless = "https://schema.invalid/";

class Compiler {
 public:
  Compiler(Compiled& out, std::uint32_t& room) : out_(out), room_(room) {}
  void run(std::string_view text);

 private:
  using element = simdjson::dom::element;
  using object = simdjson::dom::object;

  // A schema with an URI of its own.
  struct Resource {
    std::string uri;
    std::string path;  // from the root of the document, a JSON Pointer
    NodeId root = no_node;
    std::map<std::string, NodeId> anchors;
  };
  // Where the keywords that are compiled stand.
  struct Place {
    NodeId node;
    std::string path;
  };
  struct OpenRef {
    NodeId node;
    std::size_t keyword;
    std::string uri;
    bool dynamic;
  };

  void doubt(Doubt why, std::string_view about);
  bool given_up() const;
  void malformed(std::string_view keyword) { doubt(Doubt::malformed, keyword); }

  NodeId compile(element schema, const std::string& path, std::uint32_t resource);
  NodeId child(const Place& place, std::string_view key, element schema);
  std::vector<NodeId> children(const Place& place, std::string_view key, element list);
  void identify(object schema, const Place& place);
  void find_unknown(object schema);
  void references(object schema, const Place& place);
  void definitions(object schema, const Place& place);
  void values(object schema, const Place& place);
  void numbers(object schema, const Place& place);
  void sizes(object schema, const Place& place);
  void combinations(object schema, const Place& place);
  void members(object schema, const Place& place);
  void dependencies(object schema, const Place& place);
  void items(object schema, const Place& place);
  void unevaluated(object schema, const Place& place);

  void size(object schema, const Place& place, std::string_view key, keyword::Size::Of of, bool least);
  std::optional<std::uint64_t> count(object schema, std::string_view key);
  std::optional<Names> names(std::string_view key, element list);
  template <class Added>
  void add(const Place& place, Added added) {
    out_.nodes[place.node].keywords.emplace_back(std::move(added));
  }

  void resolve_references();
  NodeId target(const std::string& uri, std::string* anchor);

  Compiled& out_;
  std::uint32_t& room_;
  Draft draft_ = Draft::d2020;
  int depth_ = 0;
  std::vector<Resource> resources_;
  std::map<std::string, NodeId> nodes_by_path_;
  std::vector<OpenRef> open_;
};

}  // namespace sallyport::schema
