#include "upstream/instances.hpp"

#include "telemetry/log.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

// The ids of sessions have no spaces.
constexpr std::string_view principal_mark = "principal ";

}  // namespace

// A legacy connection says once and for all what its callers can be asked: who declares something else has
// another one.
Instances::Owner Instances::owner_of(const pipeline::Call& call) const {
  const std::string_view session = call.client ? call.client->identity() : std::string_view();
  const bool by_session = isolation_ == Isolation::session || isolation_ == Isolation::legacy_session;
  if (by_session && !session.empty()) {
    const std::string_view tag = call.session.empty() ? session : call.session;
    return {.key = std::string(session),
            .shown = "session " + std::string(tag),
            .declares = call.declares,
            .session = true};
  }
  Owner owner{
      .key = std::string(principal_mark) + call.principal->name, .shown = {}, .declares = call.declares};
  owner.shown = owner.key;
  const auto speaks = lister_->revision();
  if (owner.declares.none() || (speaks && protocol::era(*speaks) == protocol::Era::modern)) return owner;
  const std::string can = protocol::client_capabilities_json(owner.declares, protocol::latest_legacy);
  owner.key += " " + can;
  owner.shown += " with " + can;
  return owner;
}

class Instances::Hold {
 public:
  Hold(std::weak_ptr<Instances> all, std::string owner, std::uint64_t number)
      : all_(std::move(all)), owner_(std::move(owner)), number_(number) {}
  ~Hold() {
    if (const auto all = all_.lock()) all->end(owner_, number_);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  // From now on it is another one that ends with the session.
  void change_to(std::weak_ptr<Instances> all, std::uint64_t number) {
    all_ = std::move(all);
    number_ = number;
  }

 private:
  std::weak_ptr<Instances> all_;
  std::string owner_;
  std::uint64_t number_;
};

Instances::Instances(task::Loop& loop, Server& lister, Isolation isolation, const Settings& settings,
                     InstanceHost& host, task::Event& idle)
    : loop_(&loop),
      lister_(&lister),
      isolation_(isolation),
      settings_(&settings),
      host_(&host),
      idle_(&idle),
      seats_(std::make_shared<task::Event>(loop)),
      sweeper_(loop.timers()),
      group_(loop) {}

Result<std::shared_ptr<Server>> Instances::of(const pipeline::Call& call) {
  return of(call, owner_of(call));
}

Result<std::shared_ptr<Server>> Instances::of(const pipeline::Call& call, Owner owner) {
  if (const auto found = by_owner_.find(owner.key); found != by_owner_.end()) {
    found->second.used = loop_->now();
    return found->second.server;
  }
  if (stopping_) {
    return fail(Error(Code::tool_server_unavailable)
                    .with_executed(Executed::no)
                    .with_can_retry(true)
                    .with_slot(Slot::server, lister_->key()));
  }
  TRY(host_->take_place(*lister_, call.principal->name));
  Instance instance = make(std::move(owner.shown), call.principal->name, owner.declares);
  const std::shared_ptr<Server> server = instance.server;
  // What another instance of this session leaves, if it was idle or its server was replaced, is let go of.
  if (owner.session) {
    auto hold = std::make_shared<Hold>(weak_from_this(), owner.key, instance.number);
    instance.hold = hold;
    call.client->instances.insert_or_assign(lister_->key(), std::move(hold));
  }
  by_owner_.emplace(std::move(owner.key), std::move(instance));
  if (!sweeper_.active()) wind();
  host_->instances_changed(*lister_);
  return server;
}

Task<Instances::Seat> Instances::seat(const pipeline::Call& call) {
  const std::shared_ptr<Instances> self = shared_from_this();
  const Owner owner = owner_of(call);
  if (owner.session || !lister_->target().is_stdio()) co_return Seat(CO_TRY(of(call, owner)));
  for (;;) {
    if (auto free = CO_TRY(free_seat(call, owner))) co_return std::move(*free);
    if (waiting_ >= settings_->concurrency) {
      co_return Failure(Error(Code::limit_concurrency)
                            .with_executed(Executed::no)
                            .with_can_retry(true)
                            .with_retry_after(std::chrono::seconds(1))
                            .with_slot(Slot::limit, settings_->concurrency));
    }
    ++waiting_;
    const Result<void> woken = co_await seats_->wait();
    --waiting_;
    if (!woken) co_return Failure(Error(woken.error()).with_executed(Executed::no));
  }
}

// Nothing: one is taken by a call that goes on.
Result<std::optional<Instances::Seat>> Instances::free_seat(const pipeline::Call& call, const Owner& owner) {
  Owner place = owner;
  for (int number = 2;; ++number) {
    const auto found = by_owner_.find(place.key);
    if (found == by_owner_.end()) break;
    const auto taken = found->second.taken.lock();
    if (!taken) break;
    if (!(*taken)->waits()) return std::optional<Seat>();
    place.key = owner.key + " " + std::to_string(number);
    place.shown = owner.shown + " " + std::to_string(number);
  }
  const std::string key = place.key;
  std::shared_ptr<Server> server = TRY(of(call, std::move(place)));
  call.questions->tell(seats_.get());
  const std::shared_ptr<const pipeline::QuestionSink*> taken(
      new const pipeline::QuestionSink*(call.questions),
      [seats = seats_, sink = call.questions](const pipeline::QuestionSink** which) {
        sink->tell(nullptr);
        delete which;
        seats->set();
      });
  by_owner_.at(key).taken = taken;
  return Seat(std::move(server), taken);
}

Instances::Instance Instances::make(std::string shown, std::string principal,
                                    protocol::ClientCapabilities declares) {
  ServerObserver& self = *this;
  return {.server = std::make_shared<Server>(*lister_, std::move(shown), self, *idle_, declares),
          .principal = std::move(principal),
          .number = ++last_number_,
          .used = loop_->now()};
}

void Instances::hand_over_watches(Instances* next) {
  const auto by_principal = [](const Instances& all) { return all.isolation_ == Isolation::principal; };
  const bool same_owners = next && by_principal(*next) == by_principal(*this);
  for (const auto& [owner, instance] : by_owner_) {
    if (instance.server->watched() == 0) continue;
    instance.server->hand_over_watches(same_owners ? next->succeed(owner, instance) : nullptr);
  }
}

// Null: there is no place for it.
std::shared_ptr<Server> Instances::succeed(const std::string& owner, const Instance& former) {
  if (!host_->take_place(*lister_, former.principal)) return nullptr;
  Instance instance = make(former.server->owner(), former.principal, former.server->declares());
  instance.hold = former.hold;
  if (const auto hold = instance.hold.lock()) hold->change_to(weak_from_this(), instance.number);
  const std::shared_ptr<Server> server = instance.server;
  by_owner_.emplace(owner, std::move(instance));
  if (!sweeper_.active()) wind();
  host_->instances_changed(*lister_);
  group_.spawn([](std::shared_ptr<Server> one) -> Task<void> {
    (void)co_await one->ready();
    co_return ok();
  }(server));
  return server;
}

std::uint32_t Instances::in_flight() const noexcept {
  std::uint32_t all = 0;
  for (const auto& [owner, instance] : by_owner_) all += instance.server->in_flight();
  for (const auto& [number, instance] : leaving_) all += instance.server->in_flight();
  return all;
}

std::size_t Instances::of_principal(std::string_view principal) const noexcept {
  const auto is_theirs = [principal](const auto& entry) { return entry.second.principal == principal; };
  return static_cast<std::size_t>(std::ranges::count_if(by_owner_, is_theirs) +
                                  std::ranges::count_if(leaving_, is_theirs));
}

std::size_t Instances::watched() const noexcept {
  std::size_t all = 0;
  for (const auto& [owner, instance] : by_owner_) all += instance.server->watched();
  return all;
}

void Instances::adopt(const client::Target& target) {
  for (const auto& [owner, instance] : by_owner_) instance.server->adopt(target);
}

void Instances::announce(const std::string& uri) {
  for (const auto& [owner, instance] : by_owner_) instance.server->announce_too(uri);
}

// Who has to go by a shorter `idle` does not stay for the longer one.
void Instances::settings_changed() {
  if (sweeper_.active()) wind();
}

void Instances::state_changed(const Server& instance) {
  if (instance.state() == State::starting && instance.status().restarts > 0)
    host_->instance_restarted(*lister_);
}

// One that died may have its next process while the former one's descendants are still being ended.
bool Instances::take_child() {
  if (children_ >= 2 * size()) return false;
  ++children_;
  return true;
}

void Instances::end(const std::string& owner, std::uint64_t number) {
  const auto found = by_owner_.find(owner);
  if (found == by_owner_.end() || found->second.number != number) return;
  leaving_.emplace(number, std::move(found->second));
  by_owner_.erase(found);
  group_.spawn(finish(number));
}

Task<void> Instances::finish(std::uint64_t number) {
  const Instance instance = leaving_.at(number);
  while (instance.server->in_flight() > 0) {
    if (!co_await idle_->wait()) break;
  }
  task::Scope ending;  // what was started is ended in a shutdown too
  (void)co_await instance.server->stop().in(ending);
  leaving_.erase(number);
  host_->give_place(*lister_, instance.principal);
  host_->instances_changed(*lister_);
  co_return ok();
}

void Instances::wind() {
  const auto pause = std::max<std::chrono::milliseconds>(settings_->idle / 8, std::chrono::milliseconds(10));
  sweeper_.start(loop_->now() + pause, [this] { sweep(); });
}

// To an eighth of `sessions.idle`: what a call found out about the time would cost each of them.
void Instances::sweep() {
  const SteadyTime now = loop_->now();
  std::vector<std::pair<std::string, std::uint64_t>> unused;
  for (auto& [owner, instance] : by_owner_) {
    if (instance.server->in_flight() > 0 || instance.server->watched() > 0) instance.used = now;
    if (instance.used + settings_->idle <= now) unused.emplace_back(owner, instance.number);
  }
  for (const auto& [owner, number] : unused) end(owner, number);
  if (!by_owner_.empty()) wind();
}

Task<void> Instances::stop() {
  stopping_ = true;
  sweeper_.cancel();
  while (!by_owner_.empty()) {
    const auto& [owner, instance] = *by_owner_.begin();
    end(std::string(owner), instance.number);
  }
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::upstream
