#include "upstream/tasks.hpp"

#include "protocol/rewrite.hpp"

#include <algorithm>

namespace sallyport::upstream {

// A server may keep a task longer than it said; until then it is ours to know.
constexpr std::chrono::milliseconds grace = std::chrono::minutes(1);

bool KnownTask::lost() const {
  const std::shared_ptr<Server> alive = server.lock();
  if (!alive) return true;
  return alive->target().is_stdio() && (alive->state() != State::up || alive->connection() != connection);
}

void KnownTask::heard(std::string_view bytes, const protocol::Message& message) {
  using protocol::LogLevel;
  if (!client || (ended() && listeners.empty())) return;
  const bool progress = message.method() == protocol::Method::notifications_progress;
  if (progress && progress_token.empty()) return;
  if (!progress) {
    const auto level = protocol::message_level(message, bytes);
    if (!level || *level < client->log.level().value_or(LogLevel::debug)) return;
  }
  const std::string meta = protocol::related_meta(id);
  const std::string told = progress ? protocol::rewrite_progress(bytes, message, progress_token, meta)
                                    : protocol::rewrite_log(bytes, message, meta);
  listeners.empty() ? client->tell(told) : listeners.back()->notify(told);
}

TaskTable::TaskTable(task::Loop& loop) : loop_(&loop), self_(std::make_shared<TaskTable*>(this)) {}

TaskTable::~TaskTable() = default;

bool TaskTable::full(std::string_view owner) {
  sweep();
  if (by_age_.size() >= 10 * per_owner_) return true;
  const auto owned =
      std::ranges::count_if(by_age_, [&](const auto& each) { return each.second.task->owner == owner; });
  return static_cast<std::size_t>(owned) >= per_owner_;
}

void TaskTable::sweep() {
  const SteadyTime now = loop_->now();
  std::vector<std::uint64_t> over;
  for (const auto& [serial, kept] : by_age_)
    if (kept.until <= now) over.push_back(serial);
  for (const std::uint64_t serial : over) forget(serial);
}

void TaskTable::forget(std::uint64_t serial) {
  const auto found = by_age_.find(serial);
  if (found == by_age_.end()) return;
  const Pointer task = found->second.task;
  by_id_.erase(task->id);
  by_age_.erase(found);
  if (task->client) std::exchange(task->client, nullptr)->tasks.erase(task->id);
}

void TaskTable::add(const Pointer& task, const std::shared_ptr<Server>& server) {
  task->server = server;
  task->server_key = server->key();
  task->connection = server->connection();
  const std::chrono::milliseconds ttl =
      task->seen.ttl_ms ? std::min(std::chrono::milliseconds(*task->seen.ttl_ms), max_ttl) : max_ttl;
  by_id_.emplace(task->id, ++serial_);
  by_age_.emplace(serial_, Kept{task, loop_->now() + ttl + grace});
  server->tell_of_tasks(
      [table = std::weak_ptr<TaskTable*>(self_)](const Server& of, std::string_view params) {
        if (const auto alive = table.lock()) (*alive)->heard(of, params);
      });
  if (!task->client) return;
  task->client->tasks[task->id] = std::shared_ptr<void>(
      nullptr, [table = std::weak_ptr<TaskTable*>(self_), serial = serial_, task](std::nullptr_t) {
        task->client = nullptr;
        const auto alive = table.lock();
        if (!alive || !(*alive)->by_age_.contains(serial)) return;
        const bool running = !task->ended() && !task->lost();
        if (const auto of = task->server.lock(); of && running) of->abandon_task(task->seen.id);
        (*alive)->forget(serial);
      });
}

TaskTable::Pointer TaskTable::find(std::string_view id, std::string_view owner) {
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return nullptr;
  const Kept& kept = by_age_.at(found->second);
  if (kept.task->owner != owner || kept.until <= loop_->now()) return nullptr;
  return kept.task;
}

std::optional<std::vector<TaskTable::Pointer>> TaskTable::after(std::string_view id, std::string_view owner,
                                                                std::size_t most) {
  auto from = by_age_.begin();
  if (!id.empty()) {
    if (!find(id, owner)) return std::nullopt;
    from = by_age_.upper_bound(by_id_.at(std::string(id)));
  }
  std::vector<Pointer> found;
  for (; from != by_age_.end() && found.size() < most; ++from)
    if (from->second.task->owner == owner && from->second.until > loop_->now())
      found.push_back(from->second.task);
  return found;
}

// What has ended stays ended.
void TaskTable::saw(const Pointer& task, protocol::SeenTask seen) {
  if (task->ended()) return;
  const bool changed = seen.status != task->seen.status || seen.message != task->seen.message;
  seen.id = task->seen.id;
  task->seen = std::move(seen);
  if (!changed || !task->client) return;
  std::string members;
  protocol::append_task(members, task->seen.state(task->id), task->revision);
  task->client->task_changed(members);
}

void TaskTable::heard(const Server& server, std::string_view params) {
  const auto seen =
      protocol::read_task(params, {0, static_cast<std::uint32_t>(params.size())}, protocol::latest_legacy);
  if (!seen) return;
  const auto found = std::ranges::find_if(by_age_, [&](const auto& each) {
    const KnownTask& task = *each.second.task;
    return task.seen.id == seen->id && task.server.lock().get() == &server &&
           task.connection == server.connection();
  });
  if (found != by_age_.end()) saw(Pointer(found->second.task), *seen);
}

}  // namespace sallyport::upstream
