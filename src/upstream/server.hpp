// One server behind the gateway: started when needed, watched, brought back, with what it listed last. It
// knows no rules: those belong to a configuration, and a server may outlive many.
#pragma once

#include "client/channel.hpp"
#include "client/process.hpp"
#include "net/budget.hpp"
#include "pipeline/call.hpp"
#include "recovery/adaptive_limit.hpp"
#include "recovery/budget.hpp"
#include "task/group.hpp"
#include "telemetry/log.hpp"
#include "upstream/backoff.hpp"
#include "upstream/breaker.hpp"
#include "upstream/definition.hpp"
#include "upstream/listing.hpp"
#include "upstream/watches.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::upstream {

enum class State : std::uint8_t { idle, starting, up, down, disabled };
std::string_view name(State state) noexcept;

// What operators see of a server.
struct Status {
  std::string name;
  bool stdio = false;
  State state = State::idle;
  SystemTime since{};
  std::optional<Error> last_error;
  std::optional<Code> quarantined;  // with what failure it was, while it is
  std::optional<protocol::Revision> revision;
  std::optional<pid_t> pid;
  std::uint64_t restarts = 0;
  // Under the rules of the configuration:
  std::size_t tools = 0;
  std::size_t resources = 0;
  std::size_t templates = 0;
  std::size_t prompts = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t concurrency_limit = 0;
  std::size_t instances = 0;  // of an isolated server, besides itself
  Breaker::State breaker = Breaker::State::closed;
  std::vector<Breaker::Part> open_parts;  // of its breaker
};

// What happens to a server, for views and metrics.
class ServerObserver {
 public:
  virtual void state_changed(const class Server& server) = 0;
  // `came_up`: it is there again, whatever it lists; else its lists are not what they were.
  virtual void listed(const class Server& server, bool came_up) = 0;
  virtual void garbage(const class Server& server, std::string_view kind) = 0;
  virtual void late_answer(const class Server& server) = 0;
  virtual void breaker_changed(const class Server&, const Breaker::Part&) {}
  // What was done because it did not answer in time; a fixed word (metrics::timeout_steps).
  virtual void timeout_step(const class Server&, std::string_view) {}
  virtual void concurrency_changed(const class Server&) {}
  virtual void fault_injected(const class Server&, client::Fault) {}
  virtual bool take_child() = 0;  // a place for one more child process; given back when it is gone
  virtual void give_child() = 0;

 protected:
  ~ServerObserver() = default;
};

class InstanceHost;
class Instances;

// Whose a connection is. `unknown`: that goes by the revision of the server, which nobody asked yet.
enum class Sharing : std::uint8_t { all, own, unknown };

class Server final : private client::ChannelOwner {
 public:
  Server(task::Loop& loop, client::Target target, const Settings& settings, net::Budget& budget,
         ServerObserver& observer);
  // One instance of a server that its callers do not share (instances.hpp). `lister` reads the lists for all
  // of them and outlives them; this one reads none. It comes back from the dead when it is asked or watched.
  // `idle` is set whenever its last request ended.
  // `declares`: what its callers can be asked.
  Server(Server& lister, std::string owner, ServerObserver& observer, task::Event& idle,
         protocol::ClientCapabilities declares);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const client::Target& target() const noexcept { return target_; }
  const std::string& key() const noexcept { return target_.key; }
  State state() const noexcept { return state_; }
  SystemTime since() const noexcept { return since_; }
  const std::optional<Error>& last_error() const noexcept { return last_error_; }
  const Breaker& breaker() const noexcept { return guard_->breaker_; }
  bool is_instance() const noexcept { return !owner_.empty(); }
  const std::string& owner() const noexcept { return owner_; }  // of an instance, as operators read it
  const protocol::ClientCapabilities& declares() const noexcept { return declares_; }
  std::uint32_t in_flight() const noexcept { return instances_ ? in_flight_of_all() : in_flight_; }
  Status status() const;
  // How many calls to it may be tried again; its instances share one.
  recovery::Budget& retry_budget() noexcept { return *retry_budget_; }
  // How many calls it can take at a time, by its own answers.
  const recovery::AdaptiveLimit& adaptive_limit() const noexcept { return guard_->adaptive_limit_; }
  // Calls in flight at its process or endpoint: of an instance over HTTP those of all instances.
  std::uint32_t load() const noexcept { return guard_->load_; }
  std::uint32_t concurrency_limit() const noexcept;  // what holds for it now
  // Of the connection that it has.
  std::optional<protocol::Revision> revision() const;
  std::vector<std::string> stderr_lines() const { return stderr_.lines(); }

  // What it listed last; stays while it is down, for `keep_listed`. Null: nothing that may be shown.
  const std::shared_ptr<const Listing>& listing() const noexcept { return listing_; }

  // Starts it if it is idle or may be tried again, and ends when it is up or has failed to come up. The start
  // goes on when the caller leaves. TOOL_006 with the time to the next try if it is not tried now.
  Task<void> ready();

  // Sends one request and gives the answer, after waiting for the server to be there. The errors are those of
  // the channel, or TOOL_006; at once while its breaker is open for this caller or tool.
  Task<std::unique_ptr<pipeline::Answer>> request(const client::Outgoing& outgoing);

  // Which of its connections this is: a task of a process ends with it.
  std::uint64_t connection() const noexcept { return starts_; }
  // Who hears of its tasks: the params of notifications/tasks/status, raw.
  using TaskHeard = std::function<void(const Server& server, std::string_view params)>;
  void tell_of_tasks(TaskHeard heard) { task_heard_ = std::move(heard); }
  // Modern: calls `heard` when the task (the id is the server's own) may not be what it was, until what is
  // returned is dropped. The server is asked to say so; whether it will, `tells_of_task` knows.
  static std::shared_ptr<void> watch_task(const std::shared_ptr<Server>& self, const std::string& id,
                                          Watches::Heard heard);
  bool tells_of_task(std::string_view id) const { return task_watches_.established(id); }
  // Nobody can reach this task of a legacy revision any more: it is cancelled.
  void abandon_task(std::string id);

  // Who hears when it says that the page of this elicitationId is done with, on the connection that it has.
  void opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page) {
    if (channel_) channel_->opened(std::move(id), std::move(page));
  }

  // What it answered to this caller is no MCP, as only those saw who read it.
  void answered_badly(std::string_view caller) { note_failure(caller); }

  // Calls `heard` when the resource (the URI is the server's own) may have changed, until `watch` is dropped;
  // also when the connection is another one, as nothing is replayed. A server that refuses says so in
  // `refusal`.
  struct Watching {
    std::shared_ptr<void> watch;
    std::unique_ptr<pipeline::Answer> refusal;
  };
  static Task<Watching> watch(std::shared_ptr<Server> self, std::string uri, Watches::Heard heard);
  std::size_t watched() const noexcept;
  // Of an instance that speaks for a server that is watched: there is one resource more to tell of.
  void announce_too(const std::string& uri);
  // `next` takes its place: whoever watches this one watches that one from now on, without having to ask.
  // Null: nothing does, and they are told to look.
  void hand_over_watches(const std::shared_ptr<Server>& next);

  // Gives it instances, for all callers or for those that it may ask something; before it is used for the
  // first time.
  void isolate(Isolation isolation, InstanceHost& host, task::Event& idle);
  Sharing sharing() const noexcept;
  Instances* instances() const noexcept { return instances_.get(); }  // null: of an instance, or switched off

  // Before it is used for the first time: it takes the place of a server that is defined as it is, and shows
  // what that one listed until it has listed itself. Or it only keeps the place of one that its operator
  // switched off: it is never started, shows nothing, and fails every request with SYS_003. `quarantined`:
  // with what failure an operator's rule did so.
  void succeed(const Server& former);
  void switch_off(const Server& former, std::optional<Code> quarantined);
  const std::optional<Code>& quarantined() const noexcept { return quarantined_; }
  // What was listed when it was switched off.
  const std::shared_ptr<const Listing>& hidden_listing() const noexcept { return hidden_listing_; }

  // What a new configuration says of it that is no reason for another connection.
  void adopt(const client::Target& target);

  // No configuration names it any more: it is not brought back on its own. `idle` is set whenever its last
  // request ended.
  void retire(task::Event& idle) noexcept;

  // Ends it for good: afterwards nothing of it is left.
  Task<void> stop();

 private:
  void channel_lost(const Error& error) override;
  void list_changed(protocol::Topic topic) override;
  void garbage(std::string_view kind) override { observer_->garbage(*this, kind); }
  void late_answer() override {
    ++guard_->answers_;
    observer_->late_answer(*this);
  }
  void resource_updated(std::string_view uri) override { watched_->watches.updated(uri); }
  void task_changed(std::string_view params) override {
    if (task_heard_) task_heard_(*this, params);
  }
  void tasks_granted(const std::vector<std::string>& ids) override;
  void task_news(std::string_view id) override { task_watches_.updated(id); }
  void session_renewed() override;
  void fault_injected(client::Fault fault) override { observer_->fault_injected(*this, fault); }

  // What goes on to the server that takes its place.
  struct Watched {
    Server* server = nullptr;  // null: none is left
    Watches watches;
  };
  struct Watch;
  void unwatch(const Watches::Place& place);
  Task<std::unique_ptr<pipeline::Answer>> announce(client::Channel& channel, std::string_view uri);
  Task<void> withdraw(std::string uri);
  Task<void> restore_watches();
  Task<void> also_announce(std::string uri);
  client::Wanted wanted() const;
  void listen_for_tasks();
  Task<void> tell_log_level(client::Channel& channel, protocol::LogLevel level);
  Task<void> start();
  Task<std::shared_ptr<client::Channel>> open();
  Task<std::shared_ptr<client::Channel>> open_sse(Error refused);
  Task<std::shared_ptr<client::Channel>> open_child();
  void refresh_soon();
  Task<void> refresh();
  void drop_channel(const Error& error);
  void went_down(const Error& error);

  // What its breaker makes of failures (server_breaker.cpp).
  Error breaker_error(const Breaker::Refusal& refusal) const;
  void note_failure(std::string_view caller, std::uint64_t incident = 0);
  void note_failed_start(const Error& error);
  void note_load(const Error* error);
  void note_failed_request(const client::Channel& channel, const client::Outgoing& outgoing,
                           const Error& error);

  // What is done when it does not answer in time (server_timeouts.cpp).
  void note_timeout(const client::Outgoing& outgoing, bool others_answered);
  Task<void> escalate(std::shared_ptr<client::Channel> channel, std::string caller, std::uint64_t answers,
                      std::chrono::milliseconds grace);
  void restart_hung(std::string_view caller);
  bool may_restart(std::string_view caller);
  void blame_doubted(bool server_answers);
  void ended_probe(bool answered);
  void tell_of_breaker();
  void wind_probe();
  Task<void> probe();
  Task<void> ask_if_alive(client::Channel& channel);
  void close(std::shared_ptr<client::Channel> channel);
  void set_state(State state);
  Error away() const;
  Error unavailable() const;
  bool may_try_now() const;
  std::uint32_t in_flight_of_all() const noexcept;

  task::Loop* loop_;
  client::Target target_;
  const Settings* settings_;
  net::Budget* budget_;
  ServerObserver* observer_;

  State state_ = State::idle;
  SystemTime since_{};
  std::optional<Error> last_error_;
  std::optional<protocol::Revision> era_;  // the verdict of an earlier probe
  std::shared_ptr<client::Channel> channel_;
  std::optional<Error> lost_early_;  // the channel ended before it was put to use
  std::shared_ptr<const Listing> listing_;
  std::shared_ptr<const Listing> hidden_listing_;
  std::optional<Code> quarantined_;
  std::optional<pid_t> pid_;
  std::uint64_t starts_ = 0;
  std::uint32_t in_flight_ = 0;
  std::uint32_t load_ = 0;
  recovery::AdaptiveLimit adaptive_limit_;
  log::Limiter overload_said_;
  std::shared_ptr<recovery::Budget> retry_budget_ = std::make_shared<recovery::Budget>();
  // Whose breaker lets its requests through, and probes: its own; of an instance over HTTP, which shares its
  // endpoint with the others, that of the server.
  Server* guard_ = this;
  Breaker breaker_;
  std::uint64_t answers_ = 0;
  std::uint64_t incident_ = 0;  // the last time that it ended by itself
  std::string last_caller_;
  struct Doubted {
    std::string caller;
    std::string tool;
  };
  std::vector<Doubted> doubted_;  // whose time ran out, while nothing else was answered
  bool escalating_ = false;
  std::vector<std::pair<std::string, SteadyTime>> restarts_;  // for whom, and when, of the last minute
  std::string owner_;                                         // whose instance it is, as operators read it
  std::shared_ptr<Instances> instances_;
  Isolation isolation_ = Isolation::shared;
  protocol::ClientCapabilities declares_;
  // Of an instance of a server that callers share, for one who can be asked: what it lists, and which
  // resources change, is that server's as well.
  Server* speaks_for_ = nullptr;
  bool retired_ = false;
  task::Event* idle_ = nullptr;  // set whenever its last request ended
  bool stopping_ = false;
  protocol::Topics changed_;  // says the server; waits to be coalesced
  protocol::Topics stale_;    // to be read again
  std::shared_ptr<Watched> watched_ = std::make_shared<Watched>(this);
  std::weak_ptr<Server> successor_;              // that watches were handed over to
  std::optional<protocol::LogLevel> log_level_;  // what the connection was told

  TaskHeard task_heard_;
  Watches task_watches_;  // of tasks by id; established: the server will tell

  client::StderrTail stderr_;
  Backoff backoff_;
  SteadyTime retry_at_{};
  SteadyTime down_at_{};
  task::Timer retry_;
  task::Timer coalesce_;
  task::Timer listen_soon_;
  task::Timer unlist_;
  task::Timer probe_;
  task::Group group_;
  task::SingleFlight<void> starting_;
  task::SingleFlight<void> refreshing_;
};

}  // namespace sallyport::upstream
