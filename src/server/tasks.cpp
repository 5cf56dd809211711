#include "base/dates.hpp"
#include "base/ids.hpp"
#include "server/results.hpp"
#include "server/task_entry.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sallyport::server {
namespace {

using protocol::Era;
using protocol::TaskStatus;

constexpr std::chrono::milliseconds min_ttl{1000};

// Who is counted for it.
std::string payer_of(const pipeline::Call& call) {
  return asks_modern(call) ? task_owner(call) + "/" + call.principal->source : task_owner(call);
}

// The member `error` of a JSON-RPC error message.
std::string error_object(const protocol::CanonicalFailure& failure, protocol::Revision revision) {
  return Json::trusted(protocol::to_jsonrpc_error(failure, "0", revision)).find("error")->text();
}

}  // namespace

std::string task_owner(const pipeline::Call& call) {
  if (asks_modern(call)) return "modern/" + call.principal->name;
  return "legacy/" + call.principal->name + "/" +
         std::string(call.client ? call.client->identity() : std::string_view());
}

std::string Tasks::Entry::members(bool whole) const {
  std::string out;
  protocol::append_task(out,
                        {.id = id,
                         .status = status,
                         .message = message,
                         .created = created,
                         .updated = updated,
                         .ttl_ms = ttl.count(),
                         .poll_ms = poll.count()},
                        revision);
  if (!whole || is_core()) return out;
  if (status == TaskStatus::input_required && run)
    out += R"(,"inputRequests":)" + run->running->open_questions().text();
  if (status == TaskStatus::completed && result) out += R"(,"result":)" + *result;
  if (status == TaskStatus::failed && failure)
    out += R"(,"error":)" + error_object(*failure->failure, revision);
  return out;
}

Tasks::Tasks(task::Loop& loop, const TaskLimits& limits, Runs& runs)
    : loop_(&loop), limits_(&limits), runs_(&runs), self_(std::make_shared<Tasks*>(this)), followers_(loop) {}

Tasks::~Tasks() = default;

Result<Tasks::EntryPointer> Tasks::make(const pipeline::Call& call, const protocol::TaskWish& wish,
                                        std::shared_ptr<Run> run) {
  const std::string payer = payer_of(call);
  const auto paid = static_cast<std::size_t>(
      std::ranges::count_if(by_age_, [&](const auto& each) { return each.second->payer == payer; }));
  if (by_age_.size() >= limits_->total || paid >= limits_->per_caller)
    return fail(Error(Code::limit_too_many_tasks)
                    .with_executed(Executed::no)
                    .with_slot(Slot::limit,
                               static_cast<std::int64_t>(paid >= limits_->per_caller ? limits_->per_caller
                                                                                     : limits_->total)));
  const auto entry = std::make_shared<Entry>(*this, *loop_);
  entry->id = new_session_id();
  entry->serial = ++serial_;
  entry->owner = task_owner(call);
  entry->payer = payer;
  entry->revision = call.revision;
  entry->created = entry->updated = format_rfc3339_millis(loop_->clock().system_now());
  entry->ttl =
      std::clamp(wish.ttl.value_or(limits_->ttl), std::min(min_ttl, limits_->max_ttl), limits_->max_ttl);
  entry->poll = limits_->poll_interval;
  entry->run = std::move(run);
  entry->timer.start(loop_->now() + entry->ttl, [this, id = entry->id] { expire(id); });
  by_age_.emplace(entry->serial, entry);
  by_id_.emplace(entry->id, entry);
  if (call.client) watch(*entry, *call.client);
  entry->run->running->become_task(*entry, entry->id);
  return entry;
}

// What a client hears of ends when it goes: a session's tasks end with it.
void Tasks::watch(Entry& entry, session::Client& client) {
  if (client.tasks.contains(entry.id)) return;
  entry.clients.push_back(&client);
  client.tasks[entry.id] = std::shared_ptr<void>(
      nullptr, [tasks = std::weak_ptr<Tasks*>(self_), id = entry.id, gone = &client](std::nullptr_t) {
        const auto alive = tasks.lock();
        if (!alive) return;
        const auto found = (*alive)->by_id_.find(id);
        if (found == (*alive)->by_id_.end()) return;
        const EntryPointer kept = found->second;
        std::erase(kept->clients, gone);
        if (!kept->is_core()) return;
        (*alive)->end(*kept, TaskStatus::cancelled, "Its session has ended.");
        (*alive)->forget(kept);
      });
}

Result<std::string> Tasks::begin(pipeline::Call& call, const protocol::TaskWish& wish,
                                 const Runs::Start& start) {
  const auto run = std::make_shared<Run>(*loop_, call);
  const EntryPointer entry = TRY(make(call, wish, run));
  std::string created = protocol::create_task_result(entry->members(false), entry->revision);
  runs_->begin(run, start);
  followers_.spawn(follow(entry));
  return created;
}

Result<std::string> Tasks::adopt(const pipeline::Call& call, std::shared_ptr<Run> run) {
  const EntryPointer entry = TRY(make(call, {}, std::move(run)));
  std::string created = protocol::create_task_result(entry->members(false), entry->revision);
  followers_.spawn(follow(entry));
  return created;
}

Task<void> Tasks::follow(EntryPointer entry) {
  const std::shared_ptr<Run> run = entry->run;
  while (!run->outcome) {
    if (!entry->ended()) {
      const TaskStatus status = run->running->asks() ? TaskStatus::input_required : TaskStatus::working;
      if (status != entry->status || status == TaskStatus::input_required)
        set_status(*entry, status, status == TaskStatus::working ? std::string() : entry->message);
    }
    CO_TRY(co_await run->changed.wait());
  }
  if (!entry->ended()) take_outcome(*entry);
  co_return ok();
}

// A failure that is told within a result is one; others are errors of the protocol. The core calls a result
// that says `isError` a failed task, the extension a completed one.
void Tasks::take_outcome(Entry& entry) {
  const std::shared_ptr<Run> run = entry.run;
  Result<std::string> outcome = std::move(*run->outcome);
  std::string words;
  if (outcome) {
    entry.result = *std::move(outcome);
  } else {
    pipeline::Failed failed = server::failed(run->asked(), std::move(outcome).error(), run->scope);
    words = failed.failure->text;
    if (failed.failure->surface == Surface::tool) {
      entry.result = protocol::to_tool_result(*failed.failure, entry.revision);
    } else {
      entry.failure = std::move(failed);
    }
  }
  if (entry.result && kept_bytes_ + entry.result->size() > limits_->bytes) {
    entry.result.reset();
    Asked asked = run->asked();
    asked.method = protocol::Method::tasks_result;  // it is not the call that failed
    entry.failure = server::failed(
        asked, Error(Code::limit_answer_not_kept).with_executed(Executed::yes).with_can_retry(false),
        run->scope);
    words = entry.failure->failure->text;
  }
  if (entry.result) kept_bytes_ += entry.result->size();
  const bool bad = entry.failure || (entry.is_core() && says_error(*entry.result));
  end(entry, bad ? TaskStatus::failed : TaskStatus::completed, std::move(words));
}

void Tasks::end(Entry& entry, TaskStatus status, std::string message) {
  if (entry.ended()) return;
  const std::shared_ptr<Run> run = std::exchange(entry.run, nullptr);
  run->running->leave_task();
  set_status(entry, status, std::move(message));
  // Last: whoever waits in it may go on at once.
  if (!run->outcome) run->scope.cancel(task::CancelReason::client);
}

void Tasks::set_status(Entry& entry, TaskStatus status, std::string message) {
  entry.status = status;
  entry.message = std::move(message);
  entry.updated = format_rfc3339_millis(loop_->clock().system_now());
  entry.changed.set();
  if (entry.clients.empty()) return;
  const std::string members = entry.members(true);
  for (session::Client* client : std::vector(entry.clients)) client->task_changed(members);
}

void Tasks::expire(const std::string& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const EntryPointer entry = found->second;
  end(*entry, TaskStatus::cancelled, "Its time to live has passed.");
  forget(entry);
}

void Tasks::forget(const EntryPointer& entry) {
  by_id_.erase(entry->id);
  by_age_.erase(entry->serial);
  entry->timer.cancel();
  if (entry->result) kept_bytes_ -= entry->result->size();
  for (session::Client* client : std::exchange(entry->clients, {})) client->tasks.erase(entry->id);
}

void Tasks::stop() {
  for (const auto& [serial, entry] : std::map(by_age_)) {
    if (entry->run && !entry->run->outcome) entry->run->scope.cancel(task::CancelReason::shutdown);
  }
}

}  // namespace sallyport::server
