#include "json/bytes.hpp"
#include "json/pointer.hpp"
#include "json/scanner.hpp"

#include <cstdlib>
#include <utility>

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
  if (nodes_[at].slot == no_slot) {
    if (slots_ == max_slots) std::abort();
    nodes_[at].slot = slots_++;
  }
  return nodes_[at].slot;
}

// The child with this key, made if need be.
std::uint32_t Query::child(std::uint32_t parent, std::string_view key) {
  const std::uint64_t print = detail::fingerprint(key, key.data() + key.size());
  if (const std::uint32_t at = find(parent, print, key); at != no_node) return at;
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  Node node;
  node.key = key;
  node.print = print;
  node.next = std::exchange(nodes_[parent].first[Node::bucket(print)], made);
  nodes_.push_back(std::move(node));
  return made;
}

}  // namespace sallyport::json
