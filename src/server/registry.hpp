// What a server offers, by name: the lists that clients read and the functions that their calls reach.
#pragma once

#include "classify/adapter.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/pages.hpp"
#include "server/identity.hpp"
#include "server/middleware.hpp"
#include "server/prompt.hpp"
#include "server/resource.hpp"
#include "server/secrets.hpp"
#include "server/task_limits.hpp"
#include "server/tool.hpp"
#include "telemetry/call_record.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::server {

// Entries in the order in which they were added. A call holds what it runs: it may be removed meanwhile.
template <class T>
class Shelf {
 public:
  // Null if the key is taken.
  T* add(const std::string& key, T entry) {
    const auto [place, fresh] = by_key_.try_emplace(key);
    if (!fresh) return nullptr;
    place->second = std::make_shared<T>(std::move(entry));
    all_.push_back(place->second);
    return place->second.get();
  }
  bool remove(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return false;
    std::erase(all_, found->second);
    by_key_.erase(found);
    return true;
  }
  std::shared_ptr<T> find(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }
  const std::vector<std::shared_ptr<T>>& all() const noexcept { return all_; }

 private:
  std::vector<std::shared_ptr<T>> all_;
  std::map<std::string, std::shared_ptr<T>, std::less<>> by_key_;
};

// Its own thread's, like everything behind it.
class Registry {
 public:
  Json identity;  // serverInfo
  std::string instructions;
  std::shared_ptr<const classify::AdapterChain> adapters = std::make_shared<classify::AdapterChain>();
  std::vector<std::shared_ptr<const Middleware>> middleware;  // the outermost first
  SecretSource secrets = secrets_from_environment();
  Authenticate authenticate;  // empty: callers are anonymous
  ResourceServer resource_server;

  TaskLimits task_limits;

  telemetry::CallHub calls;  // who hears of what is asked and run

  std::vector<std::function<void()>> at_start;
  std::vector<std::function<void()>> at_stop;

  void set_page_size(std::size_t entries) { page_size_ = entries; }

  // Throw ToolDefinitionError for a name that is taken or cannot be one.
  Tool& add(Tool tool);
  Resource& add(Resource resource);
  Prompt& add(Prompt prompt);
  bool remove_tool(std::string_view name);
  bool remove_resource(std::string_view uri);  // or a template
  bool remove_prompt(std::string_view name);

  const Shelf<Tool>& tools() const noexcept { return tools_; }
  const Shelf<Prompt>& prompts() const noexcept { return prompts_; }
  const Shelf<Resource>& templates() const noexcept { return templates_; }
  std::optional<std::string> similar_tool(std::string_view name) const;
  std::optional<std::string> similar_prompt(std::string_view name) const;

  struct Reading {
    std::shared_ptr<Resource> resource;
    std::string arguments;
  };
  // The resource of this URI, or the first template that it comes from.
  std::optional<Reading> find_resource(std::string_view uri) const;

  protocol::ServerCapabilities offers() const;
  Result<std::shared_ptr<const std::string>> list(protocol::List list, protocol::Revision revision,
                                                  std::optional<std::string_view> cursor);

  // Hears of every change.
  void on_change(std::function<void(protocol::Topic)> function) { on_change_ = std::move(function); }
  void on_update(std::function<void(const std::string& uri)> function) { on_update_ = std::move(function); }
  // The contents of a resource changed: who subscribed to it is told.
  void updated(const std::string& uri) {
    if (on_update_) on_update_(uri);
  }

 private:
  struct Rendered {
    std::vector<std::string> definitions;
    protocol::Pages pages;
  };
  void changed(protocol::Topic topic);
  std::vector<std::string> definitions(protocol::List list) const;

  std::size_t page_size_ = protocol::max_page_entries;
  Shelf<Tool> tools_;
  Shelf<Resource> resources_;
  Shelf<Resource> templates_;
  Shelf<Prompt> prompts_;
  std::array<std::unique_ptr<Rendered>, protocol::list_count> rendered_;  // null: something changed
  std::function<void(protocol::Topic)> on_change_;
  std::function<void(const std::string&)> on_update_;
};

}  // namespace sallyport::server
