// What a server listed last, as it wrote it: the rules of a configuration are put to it later, and again when
// they change.
#pragma once

#include "protocol/capabilities.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::upstream {

struct ListedPages {
  std::vector<std::string> pages;    // the JSON text of each page's array
  std::vector<std::string> dropped;  // one line each: what was left out of them, and why

  bool operator==(const ListedPages&) const = default;
};

struct Listing {
  bool http = false;  // a modern HTTP server: x-mcp-header annotations have to keep the rules
  protocol::ServerCapabilities offers;
  std::array<std::shared_ptr<const ListedPages>, protocol::list_count> lists;  // never null

  bool operator==(const Listing& other) const;
};

}  // namespace sallyport::upstream
