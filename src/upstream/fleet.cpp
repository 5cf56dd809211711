#include "upstream/fleet.hpp"

#include "telemetry/log.hpp"

#include <algorithm>

namespace sallyport::upstream {

Fleet::Fleet(task::Loop& loop, Settings settings, net::Budget& budget, std::vector<Definition> definitions,
             FleetObserver& observer)
    : loop_(&loop), settings_(settings), observer_(&observer), changed_(loop), group_(loop) {
  ServerObserver& self = *this;
  for (Definition& definition : definitions) {
    servers_.push_back(std::make_shared<Server>(loop, std::move(definition), settings_, budget, self));
  }
}

Fleet::~Fleet() = default;

std::shared_ptr<Server> Fleet::find(std::string_view key) const {
  const auto found = std::ranges::find_if(servers_, [&](const auto& server) { return server->key() == key; });
  return found == servers_.end() ? nullptr : *found;
}

std::span<const std::shared_ptr<Server>> Fleet::members(std::string_view endpoint) const {
  if (endpoint.empty()) return servers_;
  const auto found =
      std::ranges::find_if(servers_, [&](const auto& server) { return server->key() == endpoint; });
  if (found == servers_.end()) return {};
  return {&*found, 1};
}

std::shared_ptr<const View> Fleet::view(std::string_view endpoint) {
  const auto found = views_.find(endpoint);
  if (found != views_.end()) return found->second;
  auto view = std::make_shared<const View>(members(endpoint), !endpoint.empty());
  for (const std::string& tool : view->hidden()) {
    log::warn("a tool is hidden: an earlier server has its name", {{"tool", tool}});
  }
  views_.emplace(endpoint, view);
  return view;
}

Task<void> Fleet::settle(std::string_view endpoint, SteadyTime until, std::string_view tool) {
  for (const std::shared_ptr<Server>& server : members(endpoint)) {
    if (server->state() != State::idle) continue;
    group_.spawn([](std::shared_ptr<Server> one) -> Task<void> {
      (void)co_await one->ready();
      co_return ok();
    }(server));
  }
  const auto wait = [](Fleet& fleet, std::string_view where, std::string_view name) -> Task<void> {
    for (auto view = fleet.view(where); !view->complete() && !(view->find(name)); view = fleet.view(where)) {
      CO_TRY(co_await fleet.changed_.wait());
    }
    co_return ok();
  };
  const Result<void> settled = co_await task::with_deadline(
      loop_->timers(), until, wait(*this, endpoint, tool),
      [](const Error&) { return Error(Code::discovery_timeout).with_executed(Executed::no); });
  if (!settled && settled.error().code() == Code::proto_cancelled) co_return settled;
  co_return ok();  // who is late is named as degraded, and list_changed follows
}

pipeline::Front::Subscription Fleet::subscribe(std::string_view endpoint, pipeline::Listener& listener) {
  const auto list = subscribers_;
  const auto entry = list->insert(list->end(), Subscriber{std::string(endpoint), &listener});
  return pipeline::Front::Subscription(list.get(), [list, entry](void*) { list->erase(entry); });
}

void Fleet::forget_views(const Server& server) {
  views_.erase(std::string());
  views_.erase(server.key());
  changed_.set();
}

void Fleet::state_changed(const Server& server) {
  forget_views(server);
  observer_->state_changed(server);
}

void Fleet::list_changed(const Server& server, protocol::Topic topic) {
  forget_views(server);
  std::vector<pipeline::Listener*> concerned;
  for (const Subscriber& subscriber : *subscribers_) {
    if (subscriber.endpoint.empty() || subscriber.endpoint == server.key())
      concerned.push_back(subscriber.listener);
  }
  for (pipeline::Listener* listener : concerned) listener->list_changed(topic);
}

bool Fleet::take_child() {
  if (children_ >= settings_.children) return false;
  ++children_;
  return true;
}

Task<void> Fleet::stop() {
  group_.cancel(task::CancelReason::shutdown);
  std::vector<Task<void>> stopping;
  for (const std::shared_ptr<Server>& server : servers_) stopping.push_back(server->stop());
  (void)co_await task::gather(*loop_, std::move(stopping));
  co_return co_await group_.join();
}

}  // namespace sallyport::upstream
