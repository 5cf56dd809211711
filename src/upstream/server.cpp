#include "upstream/server.hpp"

#include "base/ids.hpp"
#include "telemetry/log.hpp"
#include "upstream/failures.hpp"
#include "upstream/fetch.hpp"
#include "upstream/instances.hpp"
#include "upstream/place.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

using protocol::Field;

constexpr std::chrono::milliseconds coalescing{250};

// A modern server does not refuse a request with a bare 400, 404 or 405: another one stands there now. It did
// not run what we sent; the next call finds out what it speaks.
bool changed_era(const client::Channel& channel, const Error& error) {
  if (protocol::era(channel.revision()) != protocol::Era::modern) return false;
  const int status = error.status_code().value_or(0);
  return status == 400 || status == 404 || status == 405;
}

std::string_view tool_of(const client::Outgoing& outgoing) {
  return outgoing.method == protocol::Method::tools_call ? outgoing.name : std::string_view();
}

class Count {
 public:
  explicit Count(std::uint32_t& counted) noexcept : counted_(counted) { ++counted_; }
  ~Count() { --counted_; }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

 private:
  std::uint32_t& counted_;
};

}  // namespace

std::string_view name(State state) noexcept {
  switch (state) {
    case State::idle:
      return "idle";
    case State::starting:
      return "starting";
    case State::up:
      return "up";
    case State::down:
      return "down";
    case State::disabled:
      return "disabled";
  }
  return "";
}

Server::Server(task::Loop& loop, client::Target target, const Settings& settings, net::Budget& budget,
               ServerObserver& observer)
    : loop_(&loop),
      target_(std::move(target)),
      settings_(&settings),
      budget_(&budget),
      observer_(&observer),
      since_(loop.clock().system_now()),
      era_(target_.protocol),
      breaker_(settings.breaker),
      retry_(loop.timers()),
      coalesce_(loop.timers()),
      listen_soon_(loop.timers()),
      unlist_(loop.timers()),
      probe_(loop.timers()),
      group_(loop),
      starting_(group_),
      refreshing_(group_) {}

Server::Server(Server& lister, std::string owner, ServerObserver& observer, task::Event& idle,
               protocol::ClientCapabilities declares)
    : Server(*lister.loop_, lister.target_, *lister.settings_, *lister.budget_, observer) {
  owner_ = std::move(owner);
  declares_ = declares;
  if (lister.isolation_ == Isolation::shared) {
    speaks_for_ = &lister;
    watched_ = lister.watched_;
  }
  if (!target_.is_stdio()) guard_ = &lister;
  era_ = lister.era_;
  retry_budget_ = lister.retry_budget_;
  idle_ = &idle;
  stderr_.pass_on(lister.stderr_, "[" + owner_ + "] ");
}

Server::~Server() {
  task_watches_.all_updated();
  if (watched_->server == this) watched_->server = nullptr;
}

void Server::isolate(Isolation isolation, InstanceHost& host, task::Event& idle) {
  instances_ = std::make_shared<Instances>(*loop_, *this, isolation, *settings_, host, idle);
  isolation_ = isolation;
}

Sharing Server::sharing() const noexcept {
  if (isolation_ == Isolation::shared) return Sharing::all;
  if (isolation_ != Isolation::legacy_session) return Sharing::own;
  if (!era_) return Sharing::unknown;
  return protocol::era(*era_) == protocol::Era::modern ? Sharing::all : Sharing::own;
}

std::uint32_t Server::in_flight_of_all() const noexcept {
  return in_flight_ + instances_->in_flight();
}

std::size_t Server::watched() const noexcept {
  if (speaks_for_) return 0;
  return watched_->watches.listeners() + (instances_ ? instances_->watched() : 0);
}

void Server::adopt(const client::Target& target) {
  target_.refuses_with = target.refuses_with;
  // As they were, they go on counting where they are.
  if (!client::same_faults(target_.faults, target.faults)) target_.faults = target.faults;
  if (instances_) instances_->adopt(target);
}

Status Server::status() const {
  Status status;
  status.name = target_.key;
  status.stdio = target_.is_stdio();
  status.state = state_;
  status.since = since_;
  status.last_error = last_error_;
  status.quarantined = quarantined_;
  if (channel_) status.revision = channel_->revision();
  status.pid = pid_;
  status.restarts = starts_ > 0 ? starts_ - 1 : 0;
  status.in_flight = in_flight();
  status.concurrency_limit = concurrency_limit();
  status.instances = instances_ ? instances_->size() : 0;
  status.breaker = breaker_.state();
  status.open_parts = breaker_.open_parts(loop_->now());
  return status;
}

std::uint32_t Server::concurrency_limit() const noexcept {
  const std::uint32_t most = settings_->concurrency;
  return settings_->adaptive_concurrency ? adaptive_limit().limit(most) : most;
}

std::optional<protocol::Revision> Server::revision() const {
  if (!channel_) return std::nullopt;
  return channel_->revision();
}

void Server::set_state(State state) {
  if (state_ == state) return;
  state_ = state;
  since_ = loop_->clock().system_now();
  observer_->state_changed(*this);
}

void Server::succeed(const Server& former) {
  retry_budget_ = former.retry_budget_;
  listing_ = former.state_ == State::disabled ? former.hidden_listing_ : former.listing_;
  starts_ = former.starts_;
}

void Server::switch_off(const Server& former, std::optional<Code> quarantined) {
  quarantined_ = quarantined;
  hidden_listing_ = former.state_ == State::disabled ? former.hidden_listing_ : former.listing_;
  starts_ = former.starts_;
  set_state(State::disabled);
}

// It was not asked.
Error Server::away() const {
  Error error(Code::tool_server_unavailable);
  error.with_executed(Executed::no).with_can_retry(true).with_slot(Slot::server, target_.key);
  if (last_error_) error.with_cause(*last_error_);
  return error;
}

Error Server::unavailable() const {
  if (state_ == State::disabled) {
    Error off(Code::system_maintenance);
    off.with_executed(Executed::no).with_slot(Slot::server, target_.key);
    if (quarantined_)
      off.with_slot(Slot::constraint, "it is in quarantine")
          .with_extra("quarantine", std::string(wire_name(*quarantined_)));
    return off;
  }
  Error error = away();
  const SteadyTime now = loop_->now();
  if (retry_at_ > now) error.with_retry_after(std::chrono::ceil<std::chrono::milliseconds>(retry_at_ - now));
  return error;
}

Task<std::unique_ptr<pipeline::Answer>> Server::request(const client::Outgoing& outgoing) {
  if (!breaker().closed()) {
    if (const auto refusal = breaker().refusal(loop_->now(), outgoing.caller, tool_of(outgoing)))
      co_return Failure(breaker_error(*refusal));
  }
  const Place place(in_flight_,
                    idle_);  // who waits for a start has one too, or a burst would wait without bound
  if (state_ != State::up) {
    Result<void> up = co_await ready();
    if (!up) co_return Failure(std::move(up).error().with_executed(Executed::no));
  }
  const Count load(guard_->load_);
  const std::shared_ptr<client::Channel> channel = channel_;
  if (!channel) co_return Failure(unavailable());
  if (outgoing.log_wanted && outgoing.log_wanted != log_level_)
    CO_TRY(co_await tell_log_level(*channel, *outgoing.log_wanted));
  if (last_caller_ != outgoing.caller) last_caller_ = outgoing.caller;
  const std::uint64_t before = guard_->answers_;
  auto answer = co_await channel->request(outgoing);
  note_load(answer ? nullptr : &answer.error());
  if (answer) {
    ++guard_->answers_;
    guard_->breaker_.answered(loop_->now(), outgoing.caller, tool_of(outgoing));
    co_return answer;
  }
  const task::Scope& scope = co_await task::current_scope();
  const bool timed_out = scope.cancelled() && scope.reason() == task::CancelReason::deadline;
  if (timed_out && answer.error().code() == Code::proto_cancelled && channel == channel_) {
    note_timeout(outgoing, guard_->answers_ != before);
  } else {
    note_failed_request(*channel, outgoing, answer.error());
  }
  const bool lost = never_connected(answer.error()) || changed_era(*channel, answer.error());
  if (lost && channel == channel_) drop_channel(answer.error());
  co_return answer;
}

void Server::channel_lost(const Error& error) {
  if (!channel_) {
    lost_early_ = error;
    return;
  }
  ++incident_;
  // Who still waits for an answer says so; else it was the last one who asked, if there was one.
  if (in_flight_ == 0) note_failure(last_caller_);
  drop_channel(error);
}

void Server::drop_channel(const Error& error) {
  close(std::move(channel_));
  channel_.reset();
  if (stopping_) return;
  went_down(as_discovery(error));
  // Who relied on its word about a task has to look.
  task_watches_.forget_established();
  task_watches_.all_updated();
}

void Server::went_down(const Error& error) {
  const SteadyTime now = loop_->now();
  last_error_ = error;
  down_at_ = now;
  if (listing_ && !unlist_.active()) {
    unlist_.start(now + settings_->keep_listed, [this] {
      listing_.reset();
      observer_->listed(*this, false);
    });
  }
  // Another era may stand behind the same name when it comes back.
  era_ = target_.protocol;
  const auto delay = backoff_.down(now, random_share());
  retry_at_ = now + delay;
  const bool guarded = guard_ != this;
  if (!guarded && breaker_.state() == Breaker::State::half_open) ended_probe(false);
  if (breaker().state() == Breaker::State::open) {
    if (target_.is_stdio()) breaker_.postpone(retry_at_);
    retry_at_ = breaker().probe_at();
  }
  const bool is_probe = !guarded && breaker_.state() == Breaker::State::open;
  set_state(State::down);
  const auto retry_in = std::chrono::ceil<std::chrono::milliseconds>(retry_at_ - now);
  if (is_instance()) {
    log::warn("an instance is down", {{"server", target_.key}, {"owner", owner_}, {"error", error}});
  } else {
    log::warn("server is down",
              {{"server", target_.key}, {"retry_in_ms", retry_in.count()}, {"error", error}});
  }
  if (stopping_ || retired_ || (is_instance() && watched() == 0 && !is_probe)) return;
  retry_.start(retry_at_, [this] {
    breaker_.probing(loop_->now());
    tell_of_breaker();
    group_.spawn([](Server& self) -> Task<void> {
      (void)co_await self.starting_.run([&self] { return self.start(); });
      co_return ok();
    }(*this));
  });
}

void Server::close(std::shared_ptr<client::Channel> channel) {
  pid_.reset();
  const bool child = target_.is_stdio();
  group_.spawn([](Server& self, std::shared_ptr<client::Channel> old, bool is_child) -> Task<void> {
    task::Scope ending;  // goes on through a shutdown: this is what a shutdown waits for
    (void)co_await old->close().in(ending);
    if (is_child) self.observer_->give_child();
    co_return ok();
  }(*this, std::move(channel), child));
}

// What changes while it starts may have been listed before it did.
void Server::list_changed(protocol::Topic topic) {
  if ((is_instance() && !speaks_for_) || (state_ != State::up && state_ != State::starting)) return;
  changed_.add(topic);
  if (state_ == State::up) refresh_soon();
}

void Server::refresh_soon() {
  if (coalesce_.active()) return;
  coalesce_.start(loop_->now() + coalescing, [this] {
    stale_.add(std::exchange(changed_, {}));
    if (refreshing_.flying()) return;  // it looks again when it is done
    group_.spawn([](Server& self) -> Task<void> {
      (void)co_await self.refreshing_.run([&self] { return self.refresh(); });
      co_return ok();
    }(*this));
  });
}

Task<void> Server::refresh() {
  while (!stale_.empty()) {
    const std::shared_ptr<client::Channel> channel = channel_;
    if (!channel) co_return ok();
    Server& shown = speaks_for_ ? *speaks_for_ : *this;
    auto fresh = co_await fetch_lists(*loop_, *channel, target_, *settings_, std::exchange(stale_, {}),
                                      shown.listing_);
    if (!fresh) {
      log::warn("server's lists could not be read again",
                {{"server", target_.key}, {"error", fresh.error()}});
      continue;
    }
    if (channel != channel_ || (shown.listing_ && *shown.listing_ == **fresh)) continue;
    if (speaks_for_ && shown.state_ != State::up) continue;
    shown.listing_ = std::move(*fresh);
    shown.observer_->listed(shown, false);
  }
  co_return ok();
}

void Server::retire(task::Event& idle) noexcept {
  retired_ = true;
  idle_ = &idle;
  retry_.cancel();
  probe_.cancel();
}

Task<void> Server::stop() {
  stopping_ = true;
  retry_.cancel();
  coalesce_.cancel();
  listen_soon_.cancel();
  unlist_.cancel();
  probe_.cancel();
  if (channel_) close(std::exchange(channel_, nullptr));
  group_.cancel(task::CancelReason::shutdown);
  if (instances_) (void)co_await instances_->stop();
  co_return co_await group_.join();
}

}  // namespace sallyport::upstream
