// Legacy sessions: made by `initialize`, bound to who made them and where, reclaimed when idle.
#pragma once

#include "base/clock.hpp"
#include "errors/result.hpp"
#include "protocol/revision.hpp"
#include "session/client.hpp"
#include "session/event_store.hpp"
#include "task/scope.hpp"
#include "task/timers.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/intrusive/list.hpp>

namespace sallyport::session {

// A request of a client that is being worked on: what its `notifications/cancelled` can reach.
struct Running : boost::intrusive::list_base_hook<> {
  Running(std::string_view id_text, task::Scope& call_scope) noexcept : id(id_text), scope(&call_scope) {}
  std::string_view id;  // raw JSON text: 1 and "1" are two
  task::Scope* scope;
};

// The requests of one session or connection that are being worked on.
class RunningCalls {
 public:
  ~RunningCalls();
  void add(Running& call) noexcept { calls_.push_back(call); }
  void remove(Running& call) noexcept { calls_.erase(calls_.iterator_to(call)); }
  bool cancel(std::string_view id) noexcept;  // false: no such call (it has ended, most likely)
  void cancel_all(task::CancelReason reason) noexcept;
  bool empty() const noexcept { return calls_.empty(); }

 private:
  boost::intrusive::list<Running> calls_;
};

struct Session final : boost::intrusive::list_base_hook<>, Client {
  explicit Session(EventStore& store) : events(store) {}

  // An event stream begins with an event that has an id and nothing else (2025-11-25); older clients would
  // take it for a message.
  bool primes() const noexcept { return revision >= protocol::Revision::v2025_11_25; }

  // Waits on the stream outside of calls until the client reads it.
  void resource_updated(std::string_view uri) override;
  void task_changed(std::string_view members) override;
  void tell(std::string_view notification) override;
  std::string_view identity() const noexcept override { return id; }

  std::string id;
  std::string tag;  // stands for the id where others read it: half of its digest
  std::string principal;
  std::string endpoint;  // sessions are bound to the path they were made on
  protocol::Revision revision = protocol::latest_legacy;
  SteadyTime last_used{};
  bool over_sse = false;     // of the transport of 2024-11-05: lives as long as its stream, and nowhere else
  std::uint32_t in_use = 0;  // requests and streams under way: such a session is not idle
  RunningCalls running;
  SessionEvents events;
  std::shared_ptr<void> ear;  // hears of changes for the stream outside of calls, once there was one
};

struct SessionLimits {
  std::chrono::milliseconds idle = std::chrono::minutes(30);
  std::uint32_t total = 10000;
  std::uint32_t per_principal = 1000;
};

// Sessions by id. Ids come from a CSPRNG, never from a client. Idle ones go, the longest idle first.
class Registry {
 public:
  Registry(task::Timers& timers, SessionLimits limits, EventLimits events = {});
  ~Registry();

  // LIMIT_007 when the caller or the gateway has as many as it may.
  Result<std::shared_ptr<Session>> create(std::string_view principal, std::string_view endpoint,
                                          protocol::Revision revision);

  // PROTO_008 for an id that does not exist, or is another principal's, or was made on another path: which of
  // these is nobody's business.
  Result<std::shared_ptr<Session>> find(std::string_view id, std::string_view principal,
                                        std::string_view endpoint);

  void remove(Session& session) noexcept;
  // For what is made, kept and looked at from now on: nobody's session ends because there may be fewer.
  void set_limits(SessionLimits limits, EventLimits events);
  std::size_t size() const noexcept { return by_id_.size(); }
  const EventStore& events() const noexcept { return events_; }

  // Marks a session as used while it lives.
  class Use {
   public:
    Use(Registry& registry, std::shared_ptr<Session> session);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    Session& operator*() const noexcept { return *session_; }
    Session* operator->() const noexcept { return session_.get(); }

   private:
    Registry* registry_;
    std::shared_ptr<Session> session_;
  };

 private:
  void touch(Session& session) noexcept;
  void sweep();
  void wind();

  task::Timers* timers_;
  SessionLimits limits_;
  EventStore events_;
  std::unordered_map<std::string_view, std::shared_ptr<Session>> by_id_;  // keys point into the sessions
  std::unordered_map<std::string, std::uint32_t> per_principal_;
  boost::intrusive::list<Session> by_use_;  // the longest unused at the front
  task::Timer sweeper_;
};

}  // namespace sallyport::session
