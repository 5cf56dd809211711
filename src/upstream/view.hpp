// What agents see on one endpoint: what its servers list, under the names that it has there, rendered once
// and sent to many.
#pragma once

#include "protocol/pages.hpp"
#include "upstream/member.hpp"
#include "upstream/resource_index.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

// Immutable once built; a change of any of its servers makes a new one.
class View {
 public:
  // `single`: the endpoint /mcp/{server}, where names carry no prefix. Servers come in config order, which
  // decides who keeps a name that two claim; who happens to be up decides nothing.
  View(std::span<const std::shared_ptr<Member>> members, bool single);
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  struct Tool {
    std::shared_ptr<Server> server;
    ToolPointer tool;
    bool certain = true;  // false: a server before it in config order may yet claim the name
  };
  const Tool* find(std::string_view exposed) const;
  const Tool* find_denied(
      std::string_view exposed) const;  // for operators' eyes: callers learn that it is unknown
  // Names to suggest from, in list order.
  const std::vector<std::string>& names() const noexcept { return names_; }

  struct PromptOf {
    std::shared_ptr<Server> server;
    std::string_view name;  // what the server itself calls it
    bool completes = false;
    bool certain = true;  // as of a tool
  };
  const PromptOf* find_prompt(std::string_view exposed) const;
  const std::vector<std::string>& prompt_names() const noexcept { return prompt_names_; }

  const ResourceIndex& resources() const noexcept { return resources_; }

  // What some server offers, or may offer as far as is known.
  const protocol::ServerCapabilities& offers() const noexcept { return offers_; }
  bool knows_all() const noexcept { return knows_all_; }  // what every server offers

  // The complete result of one page of a list for a client of this revision, made when first asked for.
  Result<std::shared_ptr<const std::string>> list(
      protocol::List list, protocol::Revision revision,
      std::optional<std::string_view> cursor = std::nullopt) const {
    return pages_[static_cast<std::size_t>(list)].page(revision, cursor);
  }

  // With what a server failed whose part of the list is the last that it gave; nothing: all of it is fresh.
  const std::optional<Code>& stale(protocol::List list) const noexcept {
    return pages_[static_cast<std::size_t>(list)].stale();
  }

  // Is every server settled, that is, up or known to be down?
  bool complete() const noexcept { return complete_; }

  // The topics in which a client sees a difference.
  protocol::Topics difference(const View& other) const;

  // One line each: names lost to an earlier server.
  const std::vector<std::string>& hidden() const noexcept { return hidden_; }

 private:
  void add(Member& member, bool single);
  void add_tools(const std::shared_ptr<Server>& server, const Catalogue& catalogue, bool single,
                 bool certain);
  void add_prompts(const std::shared_ptr<Server>& server, const Catalogue& catalogue, bool single,
                   bool certain);
  void note_degraded(const Server& server, const Catalogue* catalogue);
  protocol::Pages& pages(protocol::List list) { return pages_[static_cast<std::size_t>(list)]; }

  std::vector<std::shared_ptr<const Catalogue>> catalogues_;  // that the rest looks at
  std::map<std::string, Tool, std::less<>> tools_;
  std::map<std::string, Tool, std::less<>> denied_;
  std::vector<std::string> names_;
  std::map<std::string, PromptOf, std::less<>> prompts_;
  std::vector<std::string> prompt_names_;
  ResourceIndex resources_;
  std::vector<std::string> hidden_;
  protocol::ServerCapabilities offers_;
  bool knows_all_ = true;
  bool complete_ = true;
  std::array<protocol::Pages, protocol::list_count> pages_;
};

}  // namespace sallyport::upstream
