// All servers behind the gateway, whichever configuration named them: they live on through a reload that does
// not change them, and end after their calls when none names them any more.
#pragma once

#include "pipeline/front.hpp"
#include "upstream/instances.hpp"
#include "upstream/places.hpp"
#include "upstream/roster.hpp"

#include <list>
#include <map>
#include <memory>
#include <optional>
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
  virtual void breaker_changed(const Server&, const Breaker::Part&) {}
  virtual void timeout_step(const Server&, std::string_view) {}
  virtual void concurrency_changed(const Server&) {}
  virtual void fault_injected(const Server&, client::Fault) {}
  virtual void instances_changed(const Server& server) = 0;
  virtual void instance_restarted(const Server& server) = 0;

 protected:
  ~FleetObserver() = default;
};

enum class Power : bool { off, on };

// What is done to one server: it is started anew, or switched off; `quarantined`: by a rule, because it
// failed so.
struct Replacement {
  Replacement(Power to, std::optional<Code> because = std::nullopt) : power(to), quarantined(because) {}

  Power power;
  std::optional<Code> quarantined;
};

// How a server ends that no configuration names any more, or that another one took the place of.
struct Farewell {
  Farewell(task::Loop& loop, std::string server_key, std::uint32_t in_flight)
      : key(std::move(server_key)), calls(in_flight), ended(loop) {}

  std::string key;
  std::uint32_t calls;    // that it had when that began
  std::uint32_t cut = 0;  // of them, for want of time
  bool over = false;
  task::Event ended;
};

// What a reload did to servers, by their keys.
struct FleetChange {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> replaced;  // defined differently: a new one stands in its place
  std::vector<std::string> ruled;     // the same server under other rules
  bool reordered = false;

  bool operator==(const FleetChange&) const = default;
};

class Fleet final : private ServerObserver, private InstanceHost {
 public:
  Fleet(task::Loop& loop, const Settings& settings, net::Budget& budget, std::vector<Definition> definitions,
        FleetObserver& observer);
  ~Fleet();

  // The servers that the configuration in force names.
  const std::shared_ptr<Roster>& current() const noexcept { return current_; }
  std::uint32_t children() const noexcept { return children_ + places_.children(); }

  // Puts these definitions in force. A server that is defined as before is the same object, with its process
  // or connection; one that is named no more ends when its calls have ended, at the latest after `grace`.
  // Whoever sees a change of its tools hears of it.
  FleetChange install(const Settings& settings, std::vector<Definition> definitions,
                      std::chrono::milliseconds grace);

  // What an operator does to one server: a new one stands in its place at once, to be started or switched
  // off; the former ends as in install(). Null: none is called so, or it is off already.
  std::shared_ptr<Farewell> replace(std::string_view key, Replacement with, std::chrono::milliseconds grace);
  bool ending(std::string_view key) const;  // one that was called so has calls left, or is being closed

  pipeline::Front::Subscription subscribe(std::string_view endpoint, pipeline::Listener& listener);

  // Ends all servers; nothing that they started is left.
  Task<void> stop();

 private:
  struct Subscriber {
    std::string endpoint;
    pipeline::Listener* listener;
  };

  void state_changed(const Server& server) override;
  void listed(const Server& server, bool came_up) override;
  void garbage(const Server& server, std::string_view kind) override { observer_->garbage(server, kind); }
  void late_answer(const Server& server) override { observer_->late_answer(server); }
  void timeout_step(const Server& server, std::string_view step) override {
    observer_->timeout_step(server, step);
  }
  void concurrency_changed(const Server& server) override {
    if (is_current(server)) observer_->concurrency_changed(server);
  }
  void fault_injected(const Server& server, client::Fault fault) override {
    observer_->fault_injected(server, fault);
  }
  void breaker_changed(const Server& server, const Breaker::Part& part) override {
    if (server.is_instance() || is_current(server)) observer_->breaker_changed(server, part);
  }
  bool take_child() override;
  void give_child() override { --children_; }

  Result<void> take_place(const Server& lister, std::string_view principal) override;
  void give_place(const Server& lister, std::string_view principal) override;
  void instances_changed(const Server& lister) override;
  void instance_restarted(const Server& lister) override { observer_->instance_restarted(lister); }

  // The server that gets a new instance though its definition is as before, and how the former one ends.
  struct Renewal {
    std::string_view key;
    std::shared_ptr<Farewell>* farewell = nullptr;
  };

  FleetChange exchange(const Settings& settings, std::vector<Definition> definitions,
                       std::chrono::milliseconds grace, const Renewal& renewal);
  std::shared_ptr<Member> make_member(Definition definition, const Settings& settings,
                                      std::string_view renewed, FleetChange& change);
  void end_replaced(const Roster& old, std::chrono::milliseconds grace, const Renewal& renewal);
  void tell_of(Roster& old);
  void tell_of_removed(const std::vector<std::string>& keys);
  bool is_current(const Server& server) const;
  bool settling_in_old() const;
  Task<void> finish(std::shared_ptr<Server> server, std::shared_ptr<Farewell> farewell, SteadyTime until);
  template <class TopicsOf>  // (const std::string& endpoint) -> protocol::Topics
  void tell(TopicsOf topics_of);

  task::Loop* loop_;
  Settings settings_;  // what connections look at while they live
  net::Budget* budget_;
  FleetObserver* observer_;
  std::shared_ptr<std::list<Subscriber>> subscribers_ = std::make_shared<std::list<Subscriber>>();
  std::uint32_t children_ = 0;
  Places places_;
  std::map<std::string, std::optional<Code>, std::less<>>
      off_;  // servers that are switched off, and why if by a rule
  struct Leaving {
    std::shared_ptr<Server> server;
    std::shared_ptr<Farewell> farewell;
  };
  std::vector<Leaving> leaving_;  // in the order in which that began
  task::Event calmed_;  // a server that is named no more, or a roster that is not in force, has one user less
  task::Group group_;
  std::shared_ptr<Roster> current_;
  std::vector<std::weak_ptr<Roster>> old_;  // that calls may still look at
};

}  // namespace sallyport::upstream
