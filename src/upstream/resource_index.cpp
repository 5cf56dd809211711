#include "upstream/resource_index.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

constexpr std::string_view scheme = "sp+";
// Steps of matching that one read may take: a hostile server's templates are not to hold up the others.
constexpr std::size_t max_work = std::size_t{16} << 20;

std::string renamed(std::string_view server, std::string_view uri) {
  std::string name(scheme);
  name.append(server).append(":").append(uri);
  return name;
}

}  // namespace

void ResourceIndex::add(std::shared_ptr<Server> server, const Catalogue* catalogue, bool certain) {
  if (catalogue && !catalogue->offers.resources) return;
  owners_.push_back({std::move(server), catalogue, certain});
  if (!catalogue) return;
  for (const protocol::Entry& entry : catalogue->resources) claim(by_uri_, resources_, entry);
  for (const Template& entry : catalogue->templates) claim(by_template_, templates_, entry);
}

void ResourceIndex::claim(Owners& owners, std::vector<protocol::Pages::Item>& items,
                          const protocol::Entry& entry) {
  const std::size_t owner = owners_.size() - 1;
  if (owners.emplace(entry.key, owner).second) {
    items.push_back({entry.definition, {}});
    return;
  }
  renamed_.push_back(renamed(owners_[owner].server->key(), entry.key));
  items.push_back({entry.definition, renamed_.back()});
}

ResourceIndex::Found ResourceIndex::found(std::size_t owner, std::string_view uri) const {
  const Owner& one = owners_[owner];
  return {one.server, std::string(uri), one.catalogue && one.catalogue->offers.completions, one.certain};
}

std::optional<ResourceIndex::Found> ResourceIndex::by_name(std::string_view uri) const {
  if (!uri.starts_with(scheme)) return std::nullopt;
  const std::string_view rest = uri.substr(scheme.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto owner =
      std::ranges::find(owners_, rest.substr(0, colon),
                        [](const Owner& each) -> std::string_view { return each.server->key(); });
  if (owner == owners_.end()) return std::nullopt;
  Found named = found(static_cast<std::size_t>(owner - owners_.begin()), rest.substr(colon + 1));
  named.certain = true;  // it says whose it is
  return named;
}

std::optional<ResourceIndex::Found> ResourceIndex::by_template(std::string_view uri) const {
  std::size_t work = 0;
  for (std::size_t owner = 0; owner < owners_.size(); ++owner) {
    if (!owners_[owner].catalogue) continue;
    for (const Template& each : owners_[owner].catalogue->templates) {
      if (!each.matcher) continue;
      work += each.matcher->cost(uri);
      if (work > max_work) return std::nullopt;
      if (each.matcher->matches(uri)) return found(owner, uri);
    }
  }
  return std::nullopt;
}

std::optional<ResourceIndex::Found> ResourceIndex::find(std::string_view uri) const {
  if (const auto owner = by_uri_.find(uri); owner != by_uri_.end()) return found(owner->second, uri);
  if (auto named = by_name(uri)) return named;
  if (auto matched = by_template(uri)) return matched;
  if (owners_.size() == 1) return found(0, uri);
  return std::nullopt;
}

std::optional<ResourceIndex::Found> ResourceIndex::find_reference(std::string_view uri) const {
  if (const auto owner = by_template_.find(uri); owner != by_template_.end())
    return found(owner->second, uri);
  return find(uri);
}

std::string ResourceIndex::shown(const Server& server, std::string_view uri) const {
  const auto owner = by_uri_.find(uri);
  const bool taken = owner != by_uri_.end() && owners_[owner->second].server.get() != &server;
  return taken ? renamed(server.key(), uri) : std::string(uri);
}

}  // namespace sallyport::upstream
