// What a server offers, by name: the lists that clients read and the functions that their calls reach.
#pragma once

#include "protocol/capabilities.hpp"
#include "protocol/pages.hpp"
#include "server/tool.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::server {

// Its own thread's, like everything behind it.
class Registry {
 public:
  Json identity;  // serverInfo
  std::string instructions;

  void set_page_size(std::size_t entries) { page_size_ = entries; }

  Tool& add(Tool tool);
  bool remove_tool(std::string_view name);
  // A call holds what it runs: it may be removed meanwhile.
  std::shared_ptr<Tool> find_tool(std::string_view name) const;
  std::optional<std::string> similar_tool(std::string_view name) const;

  protocol::ServerCapabilities offers() const;
  Result<std::shared_ptr<const std::string>> list(protocol::List list, protocol::Revision revision,
                                                  std::optional<std::string_view> cursor);

  // Hears of every change.
  void on_change(std::function<void(protocol::Topic)> function) { on_change_ = std::move(function); }

 private:
  struct Rendered {
    std::vector<std::string> definitions;
    protocol::Pages pages;
  };
  void changed(protocol::Topic topic);
  std::vector<std::string> definitions(protocol::List list) const;

  std::size_t page_size_ = protocol::max_page_entries;
  std::vector<std::shared_ptr<Tool>> tools_;  // in the order in which they were added
  std::map<std::string, std::shared_ptr<Tool>, std::less<>> tools_by_name_;
  std::array<std::unique_ptr<Rendered>, protocol::list_count> rendered_;  // null: something changed
  std::function<void(protocol::Topic)> on_change_;
};

}  // namespace sallyport::server
