// What a server listed last, under the operator's rules: its tools, resources, resource templates and
// prompts.
#pragma once

#include "protocol/capabilities.hpp"
#include "protocol/entry.hpp"
#include "protocol/uri_template.hpp"
#include "upstream/tool.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace sallyport::upstream {

struct Template : protocol::Entry {
  std::optional<protocol::UriTemplate> matcher;  // nothing: listed, but no URI is known to come from it
};

struct Prompt : protocol::Entry {
  std::string exposed;  // on /mcp; on /mcp/{server} it keeps its own name
};

// All in the server's order.
struct Catalogue {
  std::vector<ToolPointer> tools;   // without what is denied
  std::vector<ToolPointer> denied;  // what it lists and the operator does not allow: never shown
  std::vector<protocol::Entry> resources;
  std::vector<Template> templates;
  std::vector<Prompt> prompts;
  std::vector<std::string> dropped;  // one line each: what was left out, and why
  protocol::ServerCapabilities offers;
};

inline constexpr std::size_t max_listed = 10000;    // entries of one list of one server
inline constexpr std::size_t max_templates = 1000;  // each is tried against a URI that nobody lists
inline constexpr std::size_t max_list_bytes = std::size_t{64} << 20;  // of their definitions

inline constexpr std::uint32_t max_subschemas = 100'000;  // of the input schemas of its tools that are called

// Makes one of the pages that a server gave out.
class CatalogueBuilder {
 public:
  // `http`: tools whose x-mcp-header annotations break the rules are dropped too.
  CatalogueBuilder(const Definition& definition, const Settings& settings, bool http)
      : definition_(&definition), settings_(&settings), http_(http) {}

  // The entries of one page, an array inside `bytes`. What is no entry, or has the key of an earlier one, is
  // dropped and noted.
  void add(protocol::List list, std::string_view bytes, json::Span entries);

  // Notes that something was left out. Bounded: a hostile list is not to fill the log.
  void drop(std::string note);

  Catalogue& catalogue() noexcept { return catalogue_; }

 private:
  void keep(protocol::List list, protocol::Entry entry);
  void keep_tool(protocol::Entry entry);

  const Definition* definition_;
  const Settings* settings_;
  bool http_;
  std::shared_ptr<std::uint32_t> schema_room_ = std::make_shared<std::uint32_t>(max_subschemas);
  Catalogue catalogue_;
  std::array<std::unordered_set<std::string>, protocol::list_count> seen_;
  std::array<std::size_t, protocol::list_count> bytes_{};
};

// The topics in which a client sees a difference between the two.
protocol::Topics difference(const Catalogue* a, const Catalogue* b);

}  // namespace sallyport::upstream
