#include "upstream/following.hpp"

#include "classify/refine.hpp"
#include "json/text.hpp"
#include "protocol/failure.hpp"
#include "upstream/task_details.hpp"

#include <algorithm>
#include <functional>

namespace sallyport::upstream {
namespace {

using protocol::TaskStatus;

constexpr std::chrono::seconds patience{30};  // for one look
constexpr int invalid_params = -32602;

Task<std::unique_ptr<pipeline::Answer>> ask_server(std::shared_ptr<Server> server, std::string own_id,
                                                   std::string capabilities) {
  const std::string params = R"("taskId":)" + json::quote(own_id);
  client::Outgoing ask;
  ask.method = protocol::Method::tasks_get;
  ask.name = own_id;  // a header repeats it
  ask.params = params;
  ask.capabilities = capabilities;
  ask.repeatable = true;
  co_return co_await server->request(ask);
}

Task<void> one(task::Event& event) {
  co_return co_await event.wait();
}

}  // namespace

struct Following::Follower {
  session::Client* client;
  protocol::ClientCapabilities can;
  std::size_t told = 0;  // a hash of what it heard last
};

struct Following::Followed {
  Followed(task::Loop& loop, TaskTable::Pointer which) : task(std::move(which)), news(loop) {}

  TaskTable::Pointer task;
  std::vector<Follower> followers;
  task::Scope* scope = nullptr;  // of the looks
  int failures = 0;              // in a row
  std::shared_ptr<void> watch;   // its server may say that there is something new
  task::Event news;
  bool has_news = false;  // since the last look began
};

Following::Following(task::Loop& loop, TaskTable& table) : Following(loop, table, ask_server) {}

Following::Following(task::Loop& loop, TaskTable& table, Ask ask)
    : loop_(&loop),
      table_(&table),
      ask_(std::move(ask)),
      self_(std::make_shared<Following*>(this)),
      group_(loop) {}

Following::~Following() = default;

Result<void> Following::follow(const TaskTable::Pointer& task, session::Client& client,
                               const protocol::ClientCapabilities& can) {
  if (client.tasks.contains(task->id)) return {};
  const bool own = client.tasks.size() >= max_of_client;
  if (own || total_ >= max_total)
    return fail(Error(Code::limit_too_many_subscriptions)
                    .with_executed(Executed::no)
                    .with_slot(Slot::limit, static_cast<std::int64_t>(own ? max_of_client : max_total)));
  Pointer& it = by_id_[task->id];
  const bool first = !it;
  if (first) it = std::make_shared<Followed>(*loop_, task);
  it->followers.push_back({&client, can});
  ++total_;
  client.tasks[task->id] = std::shared_ptr<void>(
      nullptr, [self = std::weak_ptr<Following*>(self_), id = task->id, gone = &client](std::nullptr_t) {
        if (const auto alive = self.lock()) (*alive)->leave(id, gone);
      });
  if (first) {
    const auto look_again = [of = std::weak_ptr(it)] {
      const Pointer followed = of.lock();
      if (!followed) return;
      followed->has_news = true;
      followed->news.set();
    };
    if (const auto server = task->server.lock())
      it->watch = Server::watch_task(server, task->seen.id, look_again);
    group_.spawn(look_after(*this, it));
  }
  return {};
}

void Following::leave(const std::string& id, const session::Client* client) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const Pointer it = found->second;
  total_ -= std::erase_if(it->followers, [&](const Follower& each) { return each.client == client; });
  if (!it->followers.empty()) return;
  by_id_.erase(found);
  if (it->scope) it->scope->cancel(task::CancelReason::client);
}

void Following::end(const Pointer& it) {
  const auto found = by_id_.find(it->task->id);
  if (found == by_id_.end() || found->second != it) return;
  by_id_.erase(found);
  total_ -= it->followers.size();
  for (const Follower& each : std::exchange(it->followers, {})) each.client->tasks.erase(it->task->id);
}

Task<void> Following::look_after(Following& self, Pointer it) {
  const auto until_ended = [](Following& of, Followed& task) -> Task<void> {
    for (;;) {
      task.has_news = false;
      if (!CO_TRY(co_await of.look(task))) co_return ok();
      CO_TRY(co_await of.rest(task));
    }
  };
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  it->scope = &scope;
  (void)co_await until_ended(self, *it).in(scope);
  it->scope = nullptr;
  self.end(it);
  co_return ok();
}

// News are looked at, but no more often than any task: a server may tell as much as it likes.
Task<void> Following::rest(Followed& it) {
  const SteadyTime looked = loop_->now();
  CO_TRY(co_await task::Sleep(loop_->timers(), looked + shortest));
  const auto wanted = std::chrono::milliseconds(it.task->seen.poll_ms.value_or(usual.count()));
  const auto pause = std::clamp(wanted, shortest, longest) * (1 << std::min(it.failures, 7));
  const std::shared_ptr<Server> server = it.task->server.lock();
  const bool told = it.failures == 0 && server && server->tells_of_task(it.task->seen.id);
  const SteadyTime until = looked + (told ? longest : std::min<std::chrono::milliseconds>(pause, longest));
  if (it.has_news || until <= loop_->now()) co_return ok();
  const Result<void> news =
      co_await task::with_deadline(loop_->timers(), until, one(it.news),
                                   [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  if (!news && news.error().code() == Code::proto_cancelled) co_return news;
  co_return ok();
}

Task<bool> Following::look(Followed& it) {
  if (!table_->find(it.task->id, it.task->owner)) co_return false;  // its time has passed
  const std::shared_ptr<Server> server = it.task->server.lock();
  if (!server || it.task->lost()) {
    tell_failed(it, task_lost(it.task->server_key));
    co_return false;
  }
  std::string capabilities = protocol::with_tasks_extension(
      protocol::client_capabilities_json(it.followers.front().can, protocol::latest_modern));
  const Result<std::unique_ptr<pipeline::Answer>> answer = co_await task::with_deadline(
      loop_->timers(), loop_->now() + patience, ask_(server, it.task->seen.id, std::move(capabilities)),
      [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  if (!answer && answer.error().code() == Code::proto_cancelled) co_return Failure(answer.error());
  if (!answer || (*answer)->message.kind() == protocol::MessageKind::error_response) {
    ++it.failures;
    // A server that answers so knows the task no more.
    const bool unknown = answer && (*answer)->message.error_code((*answer)->bytes) == invalid_params;
    if (unknown) tell_failed(it, protocol::no_such_task());
    co_return !unknown;
  }
  const auto seen = protocol::read_task(
      (*answer)->bytes, (*answer)->message[protocol::Field::result].value.span, protocol::latest_modern);
  if (!seen || seen->id != it.task->seen.id) {
    ++it.failures;
    co_return true;
  }
  it.failures = 0;
  const bool ended = protocol::is_terminal(seen->status);
  if (ended) {
    if (const auto outcome = task_details(**answer, seen->status, {}); !outcome) {
      tell_failed(it, outcome.error());
      co_return false;
    }
  }
  tell(it, **answer, *seen);
  table_->saw(it.task, *seen);
  co_return !ended;
}

// A client that is told may go while it is told.
void Following::tell(Followed& it, const pipeline::Answer& answer, const protocol::SeenTask& seen) {
  std::string members;
  protocol::append_task(members, seen.state(it.task->id), protocol::latest_modern);
  for (const Follower& each : std::vector(it.followers)) {
    const auto follower = std::ranges::find(it.followers, each.client, &Follower::client);
    if (follower == it.followers.end()) continue;
    // What it cannot be asked it hears when it looks itself.
    const std::string all = members + task_details(answer, seen.status, each.can).value_or(std::string());
    const std::size_t told = std::hash<std::string>()(all);
    if (std::exchange(follower->told, told) != told) each.client->task_changed(all);
  }
}

void Following::tell_failed(Followed& it, const Error& error) {
  protocol::FailureContext context;
  context.correlation = CorrelationId::make();
  context.server = it.task->server_key;
  context.tool = it.task->tool;
  const protocol::CanonicalFailure failure = protocol::render(error, context);
  protocol::SeenTask seen = it.task->seen;
  seen.status = TaskStatus::failed;
  seen.message = failure.text;
  table_->saw(it.task, seen);
  std::string members;
  protocol::append_task(members, seen.state(it.task->id), protocol::latest_modern);
  members += task_error(failure);
  for (const Follower& each : std::vector(it.followers))
    if (std::ranges::find(it.followers, each.client, &Follower::client) != it.followers.end())
      each.client->task_changed(members);
}

Task<void> Following::stop() {
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::upstream
