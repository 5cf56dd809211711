#include "json/bytes.hpp"
#include "json/pointer.hpp"
#include "json/scanner.hpp"

#include <cstdlib>

namespace sallyport::json {

Query::Query(std::initializer_list<std::string_view> pointers) {
  for (const std::string_view pointer : pointers) {
    const auto path = parse_pointer(pointer);
    const std::uint32_t before = slots_;
    if (!path || add(*path) != before) std::abort();
  }
}

std::size_t Query::add(std::span<const std::string> path) {
  if (path.empty()) std::abort();
  std::uint32_t at = 0;
  for (const std::string& key : path) at = child(at, key);
  if (nodes_[at].slot == no_slot) nodes_[at].slot = slots_++;
  return nodes_[at].slot;
}

// The child with this key, made if need be.
std::uint32_t Query::child(std::uint32_t parent, std::string_view key) {
  for (const std::uint32_t at : nodes_[parent].children) {
    if (nodes_[at].key == key) return at;
  }
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  nodes_[parent].prints.push_back(detail::fingerprint(key, key.data() + key.size()));
  nodes_[parent].children.push_back(made);
  nodes_.emplace_back().key = key;
  return made;
}

}  // namespace sallyport::json
