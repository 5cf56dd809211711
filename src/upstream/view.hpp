// What agents see on one endpoint: the tools of its servers under their exposed names, rendered once and sent
// to many.
#pragma once

#include "upstream/server.hpp"

#include <array>
#include <map>
#include <memory>
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
  View(std::span<const std::shared_ptr<Server>> servers, bool single);

  struct Entry {
    std::shared_ptr<Server> server;
    ToolPointer tool;
  };
  const Entry* find(std::string_view exposed) const;
  const Entry* find_denied(
      std::string_view exposed) const;  // for operators' eyes: callers learn that it is unknown

  // Names to suggest from, in list order.
  const std::vector<std::string>& names() const noexcept { return names_; }

  // The complete result of tools/list for a client of this revision, made when first asked for.
  std::shared_ptr<const std::string> list(protocol::Revision revision) const;

  // Is every server settled, that is, up or known to be down?
  bool complete() const noexcept { return complete_; }
  const std::vector<std::string>& hidden() const noexcept {
    return hidden_;
  }  // names lost to an earlier server

 private:
  void add(const std::shared_ptr<Server>& server, bool single);
  void note_degraded(const Server& server);

  std::vector<std::pair<std::string, Entry>> entries_;  // in list order
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::map<std::string, Entry, std::less<>> denied_;
  std::vector<std::string> names_;
  std::vector<std::string> hidden_;
  std::string degraded_;  // the members of the JSON array
  bool complete_ = true;
  mutable std::array<std::shared_ptr<const std::string>, protocol::revision_count> rendered_;
};

}  // namespace sallyport::upstream
