// The instances of one server: a process or connection for each session, each principal, or each set of
// capabilities of one, that nobody else shares. Each is started by its first call, and ends with its session
// or after `sessions.idle`.
#pragma once

#include "upstream/server.hpp"

#include <map>
#include <memory>
#include <string>

namespace sallyport::upstream {

// What all servers have together, and who hears of it.
class InstanceHost {
 public:
  // A place for one more instance of `lister` for this principal, or LIMIT_012.
  virtual Result<void> take_place(const Server& lister, std::string_view principal) = 0;
  virtual void give_place(const Server& lister, std::string_view principal) = 0;
  virtual void instances_changed(const Server& lister) = 0;
  virtual void instance_restarted(const Server& lister) = 0;
  virtual void garbage(const Server& lister, std::string_view kind) = 0;
  virtual void late_answer(const Server& lister) = 0;
  virtual void breaker_changed(const Server& instance, const Breaker::Part& part) = 0;
  virtual void timeout_step(const Server& instance, std::string_view step) = 0;
  virtual void fault_injected(const Server& instance, client::Fault fault) = 0;

 protected:
  ~InstanceHost() = default;
};

class Instances final : public std::enable_shared_from_this<Instances>, private ServerObserver {
 public:
  // `lister` owns this. `idle` is set whenever the last request of one of them ended.
  Instances(task::Loop& loop, Server& lister, Isolation isolation, const Settings& settings,
            InstanceHost& host, task::Event& idle);

  // The one for this call, made if there is none yet. A session's is its own; for a call without a session,
  // as all of the modern era are, the principal stands for it.
  Result<std::shared_ptr<Server>> of(const pipeline::Call& call);

  // The one for a call that its server may ask something during. What a child asks does not say during which
  // call, so it has one of these calls at a time: the next one waits, or has another child while the user of
  // the one before is asked. A session's own child has all calls of the session, which are one user's.
  class Seat {
   public:
    explicit Seat(std::shared_ptr<Server> server) : server_(std::move(server)) {}
    Seat(std::shared_ptr<Server> server, std::shared_ptr<void> taken)
        : server_(std::move(server)), taken_(std::move(taken)) {}
    const std::shared_ptr<Server>& server() const noexcept { return server_; }

   private:
    std::shared_ptr<Server> server_;
    std::shared_ptr<void> taken_;  // until the call is over
  };
  Task<Seat> seat(const pipeline::Call& call);

  std::size_t size() const noexcept { return by_owner_.size() + leaving_.size(); }
  std::size_t of_principal(std::string_view principal) const noexcept;
  std::uint32_t in_flight() const noexcept;
  std::size_t watched() const noexcept;
  void adopt(const client::Target& target);

  // `next` are those of the server that takes the place of this one's: whoever watches one of these has one
  // there that asks for the same. Null, or of other owners: they are told to look.
  void hand_over_watches(Instances* next);
  void settings_changed();
  void announce(const std::string& uri);

  // Ends all of them; nothing that they started is left.
  Task<void> stop();

 private:
  class Hold;  // lives as long as the session
  struct Instance {
    std::shared_ptr<Server> server;
    std::string principal;
    std::uint64_t number = 0;
    SteadyTime used{};
    std::weak_ptr<Hold> hold{};                            // of a session's
    std::weak_ptr<const pipeline::QuestionSink*> taken{};  // by a call that may be asked something
  };
  struct Owner {
    std::string key;
    std::string shown;  // no session's id: who reads it could take the session over
    protocol::ClientCapabilities declares;
    bool session = false;
  };

  void state_changed(const Server& instance) override;
  void listed(const Server&, bool) override {}
  void garbage(const Server&, std::string_view kind) override { host_->garbage(*lister_, kind); }
  void late_answer(const Server&) override { host_->late_answer(*lister_); }
  void timeout_step(const Server& instance, std::string_view step) override {
    host_->timeout_step(instance, step);
  }
  void fault_injected(const Server& instance, client::Fault fault) override {
    host_->fault_injected(instance, fault);
  }
  void breaker_changed(const Server& instance, const Breaker::Part& part) override {
    host_->breaker_changed(instance, part);
  }
  bool take_child() override;
  void give_child() override { --children_; }

  Owner owner_of(const pipeline::Call& call) const;
  Result<std::shared_ptr<Server>> of(const pipeline::Call& call, Owner owner);
  Result<std::optional<Seat>> free_seat(const pipeline::Call& call, const Owner& owner);
  Instance make(std::string shown, std::string principal, protocol::ClientCapabilities declares);
  std::shared_ptr<Server> succeed(const std::string& owner, const Instance& former);
  void end(const std::string& owner, std::uint64_t number);
  Task<void> finish(std::uint64_t number);
  void wind();
  void sweep();

  task::Loop* loop_;
  Server* lister_;
  Isolation isolation_;
  const Settings* settings_;
  InstanceHost* host_;
  task::Event* idle_;
  std::map<std::string, Instance, std::less<>> by_owner_;
  std::map<std::uint64_t, Instance> leaving_;
  std::size_t children_ = 0;  // processes that exist, those that are ending included
  std::uint64_t last_number_ = 0;
  bool stopping_ = false;
  std::uint32_t waiting_ = 0;           // calls that wait for a seat
  std::shared_ptr<task::Event> seats_;  // set when one is free, or the user of one is being asked
  task::Timer sweeper_;
  task::Group group_;
};

}  // namespace sallyport::upstream
