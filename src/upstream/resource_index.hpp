// Whose resource a URI is, in one view. URIs are not rewritten; only where two servers claim one, the later
// in config order serves its own under `sp+{server}:{uri}`.
#pragma once

#include "protocol/pages.hpp"
#include "upstream/member.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::upstream {

class ResourceIndex {
 public:
  // In config order. What a server lists decides, not whether it is up: its catalogue stays while it is down.
  // `catalogue` (null: unknown) lives as long as this. `certain`: no server before it is still starting.
  void add(std::shared_ptr<Server> server, const Catalogue* catalogue, bool certain);

  struct Found {
    std::shared_ptr<Server> server;
    std::string uri;  // what the server itself calls it
    bool completes = false;
    bool certain = true;  // false: a server before it in config order may yet claim it
  };
  // By the lists; by an explicit sp+{server}:; by the templates, the first in config order that matches; at
  // last the only server that has resources, which may have some that it does not list.
  std::optional<Found> find(std::string_view uri) const;

  // What completion/complete refers to: a template as it is listed, else as find().
  std::optional<Found> find_reference(std::string_view uri) const;

  // How this server's URI is called in this view.
  std::string shown(const Server& server, std::string_view uri) const;

  // In list order.
  const std::vector<protocol::Pages::Item>& resources() const noexcept { return resources_; }
  const std::vector<protocol::Pages::Item>& templates() const noexcept { return templates_; }

 private:
  struct Owner {
    std::shared_ptr<Server> server;
    const Catalogue* catalogue;
    bool certain;
  };
  using Owners = std::unordered_map<std::string_view, std::size_t>;

  void claim(Owners& owners, std::vector<protocol::Pages::Item>& items, const protocol::Entry& entry);
  std::optional<Found> by_name(std::string_view uri) const;
  std::optional<Found> by_template(std::string_view uri) const;
  Found found(std::size_t owner, std::string_view uri) const;

  std::vector<Owner> owners_;
  Owners by_uri_;  // as the servers name them, to the first in config order
  Owners by_template_;
  std::vector<protocol::Pages::Item> resources_;
  std::vector<protocol::Pages::Item> templates_;
  std::deque<std::string> renamed_;  // that Items look at
};

}  // namespace sallyport::upstream
