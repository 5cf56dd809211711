// What a server is told beyond requests: which resources are watched, which log messages are wanted, which
// tasks are not.
#include "classify/refine.hpp"
#include "json/text.hpp"
#include "telemetry/log.hpp"
#include "upstream/instances.hpp"
#include "upstream/place.hpp"
#include "upstream/server.hpp"

namespace sallyport::upstream {
namespace {

using protocol::Era;
using protocol::Method;

constexpr std::size_t max_watched = 10'000;  // subscriptions to one server, of all clients together
constexpr std::size_t max_task_ids = 1'000;  // that one listen names; the others are asked about
constexpr std::chrono::milliseconds task_listen_pause{250};

std::string uri_member(std::string_view uri) {
  return R"("uri":)" + json::quote(uri);
}

bool refused(const pipeline::Answer* answer) {
  return answer && answer->message.kind() == protocol::MessageKind::error_response;
}

}  // namespace

// One client's subscription, which may outlive many servers.
struct Server::Watch {
  Watch(std::shared_ptr<Watched> of, Watches::Place where)
      : watched(std::move(of)), place(std::move(where)) {}
  ~Watch() {
    if (watched->server) {
      watched->server->unwatch(place);
    } else {
      (void)watched->watches.remove(place);
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::shared_ptr<Watched> watched;
  Watches::Place place;
};

Task<Server::Watching> Server::watch(std::shared_ptr<Server> self, std::string uri, Watches::Heard heard) {
  Server& server = *self;
  if (auto next = server.successor_.lock()) co_return co_await watch(next, std::move(uri), std::move(heard));
  const Place asking(server.in_flight_, server.idle_);
  if (const auto refusal = server.breaker_.refusal(server.loop_->now(), {}, {}))
    co_return Failure(server.breaker_error(*refusal));
  if (Result<void> up = co_await server.ready(); !up)
    co_return Failure(std::move(up).error().with_executed(Executed::no));
  if (auto next = server.successor_.lock()) co_return co_await watch(next, std::move(uri), std::move(heard));
  const std::shared_ptr<client::Channel> channel = server.channel_;
  if (!channel) co_return Failure(server.unavailable());
  const std::shared_ptr<Watched> watched = server.watched_;
  if (watched->watches.listeners() >= max_watched) {
    co_return Failure(Error(Code::limit_too_many_subscriptions)
                          .with_executed(Executed::no)
                          .with_slot(Slot::limit, static_cast<std::int64_t>(max_watched)));
  }
  // From here on, so that an update that comes with the answer is heard.
  auto held = std::make_shared<Watch>(watched, watched->watches.add(uri, std::move(heard)));
  if (!watched->watches.established(uri)) {
    auto answer = CO_TRY(co_await server.announce(*channel, uri));
    if (refused(answer.get())) co_return Watching{.watch = nullptr, .refusal = std::move(answer)};
    if (watched->server == &server && channel == server.channel_) watched->watches.establish(uri);
    if (server.instances_) server.instances_->announce(uri);
  }
  co_return Watching{.watch = std::move(held), .refusal = nullptr};
}

Task<std::unique_ptr<pipeline::Answer>> Server::announce(client::Channel& channel, std::string_view uri) {
  if (protocol::era(channel.revision()) == Era::modern) {
    if (!channel.capabilities().subscribe) {
      co_return Failure(Error(Code::proto_method_not_found)
                            .with_executed(Executed::no)
                            .with_slot(Slot::method, protocol::name(Method::resources_subscribe)));
    }
    channel.listen_to(wanted());
    co_return std::unique_ptr<pipeline::Answer>();
  }
  const std::string params = uri_member(uri);
  client::Outgoing ask;
  ask.method = Method::resources_subscribe;
  ask.params = params;
  ask.repeatable = true;
  co_return co_await channel.request(ask);
}

void Server::unwatch(const Watches::Place& place) {
  const std::string uri = place.first;
  const bool told = watched_->watches.established(uri);
  if (!watched_->watches.remove(place) || !told || !channel_ || stopping_) return;
  group_.spawn(withdraw(uri));
}

Task<void> Server::withdraw(std::string uri) {
  const std::shared_ptr<client::Channel> channel = channel_;
  if (!channel) co_return ok();
  if (protocol::era(channel->revision()) == Era::modern) {
    if (!watched_->watches.has(uri)) channel->listen_to(wanted());
    co_return ok();
  }
  const std::string params = uri_member(uri);
  client::Outgoing ask;
  ask.method = Method::resources_unsubscribe;
  ask.params = params;
  ask.repeatable = true;
  (void)co_await channel->request(ask);
  // Somebody came meanwhile, and their request may have been overtaken by this one.
  if (watched_->watches.has(uri) && channel == channel_) (void)co_await announce(*channel, uri);
  co_return ok();
}

client::Wanted Server::wanted() const {
  client::Wanted all{.uris = watched_->watches.uris(), .tasks = task_watches_.uris()};
  if (all.tasks.size() > max_task_ids) all.tasks.resize(max_task_ids);
  return all;
}

std::shared_ptr<void> Server::watch_task(const std::shared_ptr<Server>& self, const std::string& id,
                                         Watches::Heard heard) {
  auto place = self->task_watches_.add(id, std::move(heard));
  self->listen_for_tasks();
  // What nobody wants any more is left out the next time: a task ends by itself.
  return {nullptr, [server = std::weak_ptr(self), place](std::nullptr_t) {
            if (const auto alive = server.lock()) (void)alive->task_watches_.remove(place);
          }};
}

// Each is a stream in the place of the last one: those who come together share it.
void Server::listen_for_tasks() {
  if (listen_soon_.active() || stopping_) return;
  listen_soon_.start(loop_->now() + task_listen_pause, [this] {
    if (!channel_ || stopping_ || task_watches_.listeners() == 0) return;
    if (protocol::era(channel_->revision()) == Era::modern && channel_->capabilities().tasks_extension)
      channel_->listen_to(wanted());
  });
}

// Whatever happened before it began to tell is learnt by asking.
void Server::tasks_granted(const std::vector<std::string>& ids) {
  task_watches_.forget_established();
  for (const std::string& id : ids) {
    if (!task_watches_.has(id)) continue;
    task_watches_.establish(id);
    task_watches_.updated(id);
  }
}

void Server::abandon_task(std::string id) {
  if (!channel_ || stopping_) return;
  group_.spawn([](std::shared_ptr<client::Channel> channel, std::string own) -> Task<void> {
    const std::string params = R"("taskId":)" + json::quote(own);
    client::Outgoing ask;
    ask.method = Method::tasks_cancel;
    ask.params = params;
    (void)co_await channel->request(ask);
    co_return ok();
  }(channel_, std::move(id)));
}

void Server::hand_over_watches(const std::shared_ptr<Server>& next) {
  if (!next) return watched_->watches.all_updated();
  successor_ = next;
  watched_->watches.forget_established();
  watched_->server = next.get();
  next->watched_->server = nullptr;
  next->watched_ = std::exchange(watched_, std::make_shared<Watched>(this));
}

// A new connection, or a new session on it, knows nothing of what was asked for.
void Server::session_renewed() {
  log_level_.reset();
  task_watches_.forget_established();
  if (task_watches_.listeners() > 0) listen_for_tasks();
  if (speaks_for_) {
    for (std::string& uri : watched_->watches.uris()) group_.spawn(also_announce(std::move(uri)));
    return;
  }
  watched_->watches.forget_established();
  if (watched_->watches.listeners() > 0 && !stopping_) group_.spawn(restore_watches());
}

Task<void> Server::also_announce(std::string uri) {
  const std::shared_ptr<client::Channel> channel = channel_;
  if (channel) (void)co_await announce(*channel, uri);
  co_return ok();
}

void Server::announce_too(const std::string& uri) {
  if (speaks_for_ && channel_ && !stopping_) group_.spawn(also_announce(uri));
}

Task<void> Server::restore_watches() {
  const std::shared_ptr<client::Channel> channel = channel_;
  if (!channel) co_return ok();
  for (const std::string& uri : watched_->watches.uris()) {
    if (watched_->watches.established(uri) || !watched_->watches.has(uri)) continue;
    const auto answer = co_await announce(*channel, uri);
    if (channel != channel_) co_return ok();
    if (answer && !refused(answer->get())) {
      watched_->watches.establish(uri);
      if (protocol::era(channel->revision()) != Era::modern) continue;
      for (const std::string& each : watched_->watches.uris()) watched_->watches.establish(each);
    } else {
      log::warn("a subscription could not be restored", {{"server", target_.key}});
    }
  }
  watched_->watches.all_updated();
  co_return ok();
}

Task<void> Server::tell_log_level(client::Channel& channel, protocol::LogLevel level) {
  log_level_ = level;
  if (protocol::era(channel.revision()) == Era::modern || !channel.capabilities().logging) co_return ok();
  const std::string params = R"("level":)" + json::quote(protocol::name(level));
  client::Outgoing ask;
  ask.method = Method::logging_set_level;
  ask.params = params;
  ask.repeatable = true;
  // A server that does not take it sends what it sends; the filter is ours.
  const Result<std::unique_ptr<pipeline::Answer>> answer =
      co_await task::with_deadline(loop_->timers(), loop_->now() + settings_->discovery, channel.request(ask),
                                   [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  if (!answer && answer.error().code() == Code::proto_cancelled) co_return Failure(answer.error());
  co_return ok();
}

}  // namespace sallyport::upstream
