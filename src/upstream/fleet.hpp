// All servers behind the gateway, the views of them, and who hears when a view changes.
#pragma once

#include "pipeline/front.hpp"
#include "upstream/server.hpp"
#include "upstream/view.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

// Counts what happens to servers; the metrics implement it.
class FleetObserver {
 public:
  virtual void state_changed(const Server& server) = 0;
  virtual void garbage(const Server& server, std::string_view kind) = 0;
  virtual void late_answer(const Server& server) = 0;

 protected:
  ~FleetObserver() = default;
};

class Fleet final : private ServerObserver {
 public:
  Fleet(task::Loop& loop, Settings settings, net::Budget& budget, std::vector<Definition> definitions,
        FleetObserver& observer);
  ~Fleet();

  const Settings& settings() const noexcept { return settings_; }
  std::span<const std::shared_ptr<Server>> servers() const noexcept { return servers_; }
  std::shared_ptr<Server> find(std::string_view key) const;
  std::uint32_t children() const noexcept { return children_; }

  // `endpoint`: the key of one server, or empty for all.
  bool has_endpoint(std::string_view endpoint) const { return endpoint.empty() || find(endpoint) != nullptr; }
  std::shared_ptr<const View> view(std::string_view endpoint);

  // Starts what is idle in this view and waits, at most until `until`, for all of it to be up or known to be
  // down; or only until `tool` is in the view.
  Task<void> settle(std::string_view endpoint, SteadyTime until, std::string_view tool = {});

  pipeline::Front::Subscription subscribe(std::string_view endpoint, pipeline::Listener& listener);

  // Ends all servers; nothing that they started is left.
  Task<void> stop();

 private:
  struct Subscriber {
    std::string endpoint;
    pipeline::Listener* listener;
  };

  void state_changed(const Server& server) override;
  void list_changed(const Server& server, protocol::Topic topic) override;
  void garbage(const Server& server, std::string_view kind) override { observer_->garbage(server, kind); }
  void late_answer(const Server& server) override { observer_->late_answer(server); }
  bool take_child() override;
  void give_child() override { --children_; }
  void forget_views(const Server& server);
  std::span<const std::shared_ptr<Server>> members(std::string_view endpoint) const;

  task::Loop* loop_;
  Settings settings_;
  FleetObserver* observer_;
  std::vector<std::shared_ptr<Server>> servers_;
  std::map<std::string, std::shared_ptr<const View>, std::less<>> views_;
  std::shared_ptr<std::list<Subscriber>> subscribers_ = std::make_shared<std::list<Subscriber>>();
  std::uint32_t children_ = 0;
  task::Event changed_;
  task::Group group_;
};

}  // namespace sallyport::upstream
