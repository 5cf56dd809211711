#include "upstream/fleet.hpp"

#include "telemetry/log.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

const std::string& key_of(const Definition& definition) {
  return definition.key;
}

}  // namespace

Fleet::Fleet(task::Loop& loop, const Settings& settings, net::Budget& budget,
             std::vector<Definition> definitions, FleetObserver& observer)
    : loop_(&loop),
      settings_(settings),
      budget_(&budget),
      observer_(&observer),
      calmed_(loop),
      group_(loop),
      current_(std::make_shared<Roster>(group_, settings, std::vector<std::shared_ptr<Member>>(), calmed_)) {
  install(settings, std::move(definitions), {});
}

Fleet::~Fleet() = default;

FleetChange Fleet::install(const Settings& settings, std::vector<Definition> definitions,
                           std::chrono::milliseconds grace) {
  // One that comes back under the name of a server that is gone is another one.
  std::erase_if(off_, [&](const auto& each) {
    return std::ranges::find(definitions, each.first, key_of) == definitions.end();
  });
  return exchange(settings, std::move(definitions), grace, {});
}

std::shared_ptr<Farewell> Fleet::replace(std::string_view key, Replacement with,
                                         std::chrono::milliseconds grace) {
  const std::shared_ptr<Member> member = current_->find(key);
  if (!member || (with.power == Power::off && off_.contains(key))) return nullptr;
  const std::string name = member->key();
  if (with.power == Power::off) off_.emplace(name, with.quarantined);
  if (with.power == Power::on) off_.erase(name);
  std::vector<Definition> definitions;
  for (const auto& each : current_->members()) definitions.push_back(each->definition());
  std::shared_ptr<Farewell> farewell;
  exchange(Settings(current_->settings()), std::move(definitions), grace, {name, &farewell});
  const std::shared_ptr<Server>& server = current_->find(name)->server();
  observer_->state_changed(*server);
  return farewell;
}

bool Fleet::ending(std::string_view key) const {
  return std::ranges::any_of(leaving_, [&](const Leaving& each) { return each.farewell->key == key; });
}

FleetChange Fleet::exchange(const Settings& settings, std::vector<Definition> definitions,
                            std::chrono::milliseconds grace, const Renewal& renewal) {
  FleetChange change;
  std::vector<std::shared_ptr<Member>> members;
  for (Definition& definition : definitions)
    members.push_back(make_member(std::move(definition), settings, renewal.key, change));
  std::vector<std::string> before, after;  // what both have, in the order of each
  for (const auto& member : current_->members()) {
    const bool stays =
        std::ranges::any_of(members, [&](const auto& each) { return each->key() == member->key(); });
    (stays ? before : change.removed).push_back(member->key());
  }
  for (const auto& member : members) {
    if (current_->find(member->key())) after.push_back(member->key());
  }
  change.reordered = before != after;
  if (change == FleetChange{} && settings == current_->settings()) return change;

  settings_ = settings;
  for (const auto& member : current_->members())
    if (Instances* instances = member->server()->instances()) instances->settings_changed();
  const std::shared_ptr<Roster> old =
      std::exchange(current_, std::make_shared<Roster>(group_, settings, std::move(members), calmed_));
  std::erase_if(old_, [](const auto& each) { return each.expired(); });
  old_.push_back(old);
  end_replaced(*old, grace, renewal);
  tell_of(*old);
  tell_of_removed(change.removed);
  return change;
}

std::shared_ptr<Member> Fleet::make_member(Definition definition, const Settings& settings,
                                           std::string_view renewed, FleetChange& change) {
  const std::shared_ptr<Member> old = current_->find(definition.key);
  const bool same_one = old && client::same_server(old->definition(), definition) &&
                        old->definition().isolation == definition.isolation;
  if (!same_one || definition.key == renewed) {
    (old ? change.replaced : change.added).push_back(definition.key);
    ServerObserver& self = *this;
    auto server = std::make_shared<Server>(*loop_, definition, settings_, *budget_, self);
    const auto off = off_.find(definition.key);
    if (old && off != off_.end()) {
      server->switch_off(*old->server(), off->second);
    } else {
      if (same_one) server->succeed(*old->server());
      server->isolate(definition.isolation, *this, calmed_);
    }
    const bool same_rules = definition.key == renewed;
    auto member = std::make_shared<Member>(std::move(server), std::move(definition), settings);
    if (same_rules) member->inherit(*old);
    return member;
  }
  const Rules& rules = definition;
  const bool same = old->definition() == rules && old->definition().refuses_with == definition.refuses_with &&
                    client::same_faults(old->definition().faults, definition.faults);
  if (same && settings.max_name == current_->settings().max_name) return old;
  if (!same) change.ruled.push_back(definition.key);
  old->server()->adopt(definition);
  return std::make_shared<Member>(old->server(), std::move(definition), settings);
}

void Fleet::end_replaced(const Roster& old, std::chrono::milliseconds grace, const Renewal& renewal) {
  for (const auto& member : old.members()) {
    const std::shared_ptr<Server>& server = member->server();
    if (is_current(*server)) continue;
    const bool used = server->state() != State::idle;
    server->retire(calmed_);
    const auto farewell = std::make_shared<Farewell>(*loop_, server->key(), server->in_flight());
    if (member->key() == renewal.key) *renewal.farewell = farewell;
    leaving_.push_back({server, farewell});
    const auto next = current_->find(member->key());
    server->hand_over_watches(next ? next->server() : nullptr);
    if (server->instances())
      server->instances()->hand_over_watches(next ? next->server()->instances() : nullptr);
    group_.spawn(finish(server, farewell, loop_->now() + grace));
    if (!used || !next || next->server()->state() == State::disabled) continue;
    group_.spawn([](std::shared_ptr<Server> fresh) -> Task<void> {
      (void)co_await fresh->ready();
      co_return ok();
    }(next->server()));
  }
}

bool Fleet::settling_in_old() const {
  return std::ranges::any_of(old_, [](const auto& each) {
    const auto roster = each.lock();
    return roster && roster->settling() > 0;
  });
}

Task<void> Fleet::finish(std::shared_ptr<Server> server, std::shared_ptr<Farewell> farewell,
                         SteadyTime until) {
  const auto wait = [](Fleet& fleet, Server& one) -> Task<void> {
    while (one.in_flight() > 0 || fleet.settling_in_old()) CO_TRY(co_await fleet.calmed_.wait());
    co_return ok();
  };
  (void)co_await task::with_deadline(loop_->timers(), until, wait(*this, *server),
                                     [](const Error& cancelled) { return cancelled; });
  farewell->cut = server->in_flight();
  if (farewell->cut > 0)
    log::warn("calls of a server that ends are cut", {{"server", server->key()}, {"calls", farewell->cut}});
  task::Scope ending;  // what was started is ended in a shutdown too
  (void)co_await server->stop().in(ending);
  std::erase_if(leaving_, [&](const Leaving& each) { return each.farewell == farewell; });
  farewell->over = true;
  farewell->ended.set();
  log::info("the former server has ended", {{"server", server->key()}});
  co_return ok();
}

pipeline::Front::Subscription Fleet::subscribe(std::string_view endpoint, pipeline::Listener& listener) {
  const auto list = subscribers_;
  const auto entry = list->insert(list->end(), Subscriber{std::string(endpoint), &listener});
  return pipeline::Front::Subscription(list.get(), [list, entry](void*) { list->erase(entry); });
}

template <class TopicsOf>
void Fleet::tell(TopicsOf topics_of) {
  std::vector<std::pair<pipeline::Listener*, protocol::Topics>> listeners;
  for (const Subscriber& subscriber : *subscribers_) {
    if (const protocol::Topics topics = topics_of(subscriber.endpoint); !topics.empty())
      listeners.emplace_back(subscriber.listener, topics);
  }
  for (const auto& [listener, topics] : listeners) {
    for (const protocol::TopicRow& row : protocol::topic_rows)
      if (topics.has(row.topic)) listener->list_changed(row.topic);
  }
}

void Fleet::tell_of(Roster& old) {
  std::map<std::string_view, protocol::Topics> changed;
  tell([&](const std::string& endpoint) {
    const auto [known, fresh] = changed.try_emplace(endpoint);
    if (fresh) {
      // A server that is new, or another one now, has lists that nobody knows before somebody asks.
      const bool unheard = std::ranges::any_of(current_->members(), [&](const auto& member) {
        const auto before = old.find(member->key());
        const Server& server = *member->server();
        return (endpoint.empty() || endpoint == member->key()) && !server.listing() &&
               server.state() != State::disabled && (!before || before->server() != member->server());
      });
      known->second =
          unheard ? protocol::Topics::all() : current_->view(endpoint)->difference(*old.view(endpoint));
    }
    return known->second;
  });
}

void Fleet::tell_of_removed(const std::vector<std::string>& keys) {
  std::vector<pipeline::Listener*> listeners;
  for (const Subscriber& subscriber : *subscribers_)
    if (std::ranges::find(keys, subscriber.endpoint) != keys.end()) listeners.push_back(subscriber.listener);
  for (pipeline::Listener* const listener : listeners) listener->endpoint_removed();
}

bool Fleet::is_current(const Server& server) const {
  const auto member = current_->find(server.key());
  return member && member->server().get() == &server;
}

void Fleet::state_changed(const Server& server) {
  current_->forget_views(server.key());
  for (const auto& each : old_) {
    if (const auto roster = each.lock()) roster->forget_views(server.key());
  }
  if (is_current(server)) observer_->state_changed(server);
}

void Fleet::listed(const Server& server, bool came_up) {
  const auto member = current_->find(server.key());
  const std::shared_ptr<const Catalogue> before = member ? member->last_catalogue() : nullptr;
  current_->forget_views(server.key());
  for (const auto& each : old_) {
    if (const auto roster = each.lock()) roster->forget_views(server.key());
  }
  if (!is_current(server)) return;
  protocol::Topics topics = difference(before.get(), member->catalogue().get());
  if (came_up) topics.add(protocol::Topic::tools);  // the mark that it is missing goes away
  tell([&](const std::string& endpoint) {
    return endpoint.empty() || endpoint == server.key() ? topics : protocol::Topics();
  });
}

// Those of servers that are about to end have room of their own, as much again: a server that is replaced is
// not kept waiting by its predecessor's last calls.
bool Fleet::take_child() {
  if (children_ >=
      settings_.children + std::min(static_cast<std::uint32_t>(leaving_.size()), settings_.children))
    return false;
  ++children_;
  return true;
}

// The servers' own processes, which read their lists, have their places whatever the instances take; and so
// have instances whose server is about to end, as in take_child().
Result<void> Fleet::take_place(const Server& lister, std::string_view principal) {
  const auto listers = static_cast<std::uint32_t>(std::ranges::count_if(
      current_->members(), [](const auto& member) { return member->definition().is_stdio(); }));
  Places::Bounds bounds{.children = settings_.children - std::min(settings_.children, listers),
                        .per_principal = settings_.instances};
  std::size_t children = 0;
  std::size_t theirs = 0;
  for (const auto& [server, farewell] : leaving_) {
    if (!server->instances()) continue;
    if (server->target().is_stdio()) children += server->instances()->size();
    theirs += server->instances()->of_principal(principal);
  }
  bounds.children += static_cast<std::uint32_t>(std::min<std::size_t>(children, bounds.children));
  bounds.per_principal += static_cast<std::uint32_t>(std::min<std::size_t>(theirs, bounds.per_principal));
  Result<void> taken = places_.take(principal, lister.target().is_stdio(), bounds);
  if (!taken) return fail(std::move(taken).error().with_slot(Slot::server, lister.key()));
  return taken;
}

void Fleet::give_place(const Server& lister, std::string_view principal) {
  places_.give(principal, lister.target().is_stdio());
}

// Of a former server too: what counts is how many its successor has.
void Fleet::instances_changed(const Server& lister) {
  if (const auto member = current_->find(lister.key())) observer_->instances_changed(*member->server());
}

Task<void> Fleet::stop() {
  group_.cancel(task::CancelReason::shutdown);
  std::vector<Task<void>> stopping;
  for (const std::shared_ptr<Member>& member : current_->members())
    stopping.push_back(member->server()->stop());
  (void)co_await task::gather(*loop_, std::move(stopping));
  co_return co_await group_.join();
}

}  // namespace sallyport::upstream
