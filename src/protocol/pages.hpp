// One list as clients get it: cut into pages, each rendered once a revision and sent to many.
#pragma once

#include "errors/result.hpp"
#include "protocol/lists.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::protocol {

// Most lists are one page, and some clients read only the first: a page is as large as clients still take in.
inline constexpr std::size_t max_page_entries = 1000;
inline constexpr std::size_t max_page_bytes = std::size_t{4}
                                              << 20;  // of definitions; one entry may be larger

class Pages {
 public:
  // Views into what lives as long as the pages do.
  struct Item {
    std::string_view definition;
    std::string_view shown;  // the key that the entry has in this list; empty: its own

    bool operator==(const Item&) const = default;
  };

  void set_list(List list) noexcept { list_ = list; }
  void set_page_size(std::size_t entries) noexcept { page_size_ = entries; }
  void add(Item item) { items_.push_back(item); }
  // A member of _meta["dev.sallyport/degraded"], a JSON text: the list lacks something.
  void add_degraded(std::string_view mark);
  // Some of it is what a server listed before it failed so: the first of these failures counts.
  void set_stale(Code cause) noexcept { stale_ = stale_.value_or(cause); }
  const std::optional<Code>& stale() const noexcept { return stale_; }
  bool same_items(const Pages& other) const { return items_ == other.items_; }

  // The complete result for a client of this revision: the first page, or that which `cursor` begins. A
  // cursor is good for as long as the list stays what it was, in every process that has the same list; any
  // other is PROTO_011.
  Result<std::shared_ptr<const std::string>> page(Revision revision,
                                                  std::optional<std::string_view> cursor) const;

 private:
  void divide() const;
  std::shared_ptr<const std::string> render(Revision revision, std::size_t page) const;

  using Rendered = std::vector<std::shared_ptr<const std::string>>;

  List list_ = List::tools;
  std::vector<Item> items_;
  std::string degraded_;
  std::size_t page_size_ = max_page_entries;
  std::optional<Code> stale_;
  mutable std::vector<std::size_t> begins_;   // of each page, made when first asked for
  mutable std::vector<std::string> cursors_;  // of each page but the first, in the order of pages
  mutable std::array<Rendered, revision_count> rendered_;
};

}  // namespace sallyport::protocol
