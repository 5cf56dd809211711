// Tasks: what requests about them are answered.
#include "errors/mcp_errors.hpp"
#include "pipeline/client_wishes.hpp"
#include "protocol/envelope.hpp"
#include "server/task_entry.hpp"

#include <utility>

namespace sallyport::server {
namespace {

using pipeline::local;
using protocol::Field;
using protocol::Method;
using protocol::TaskStatus;

constexpr std::size_t page_size = 100;
constexpr std::size_t max_watched = 1000;  // tasks that one listen hears of

Json related(std::string_view id) {
  return Json::object({{protocol::related_task_key, Json::object({{"taskId", id}})}});
}

std::string with_related(const std::string& result, std::string_view id) {
  Json made = Json::trusted(result);
  Json meta = made.find("_meta").value_or(Json::object());
  meta.set(protocol::related_task_key, Json::object({{"taskId", id}}));
  return made.set("_meta", meta).text();
}

}  // namespace

Result<Tasks::EntryPointer> Tasks::find(const pipeline::Call& call) const {
  std::string scratch;
  const auto id = call.message->text(Field::task_id, call.bytes, scratch);
  const auto found = by_id_.find(std::string(id.value_or("")));
  if (found == by_id_.end() || found->second->owner != task_owner(call))
    return fail(protocol::no_such_task());
  return found->second;
}

Result<pipeline::Reply> Tasks::answer(const pipeline::Call& call) {
  if (asks_modern(call) && !protocol::declares_tasks(call.message->raw(Field::meta_capabilities, call.bytes)))
    return fail(protocol::missing_tasks_extension());
  if (call.method() == Method::tasks_list) return list(call);
  if (call.method() == Method::tasks_cancel) return cancel(call);
  if (call.method() == Method::tasks_update) return update(call);
  const EntryPointer entry = TRY(find(call));
  if (asks_modern(call) && call.client) {
    if (call.client->tasks.size() >= max_watched)
      return fail(Error(Code::limit_too_many_subscriptions)
                      .with_executed(Executed::no)
                      .with_slot(Slot::limit, static_cast<std::int64_t>(max_watched)));
    watch(*entry, *call.client);
  }
  return local(protocol::task_result(entry->members(true), call.revision));
}

// A page ends with a task whose id is the cursor of the next one: it is good for as long as that task is
// kept.
Result<pipeline::Reply> Tasks::list(const pipeline::Call& call) {
  const std::string owner = task_owner(call);
  auto from = by_age_.begin();
  std::string scratch;
  if (const auto cursor = call.message->text(Field::cursor, call.bytes, scratch)) {
    const auto last = by_id_.find(std::string(*cursor));
    if (last == by_id_.end() || last->second->owner != owner)
      return fail(Error(Code::proto_invalid_cursor).with_executed(Executed::no));
    from = by_age_.upper_bound(last->second->serial);
  }
  std::string out = R"({"tasks":[)";
  std::string_view last;
  std::size_t shown = 0;
  bool more = false;
  for (; from != by_age_.end() && !more; ++from) {
    const Entry& entry = *from->second;
    if (entry.owner != owner) continue;
    more = shown == page_size;
    if (more) break;
    out.append(shown++ == 0 ? "{" : ",{").append(entry.members(false)).append("}");
    last = entry.id;
  }
  out += ']';
  if (more) out.append(R"(,"nextCursor":")").append(last).append("\"");
  return local(out + "}");
}

// The core refuses for a task that has ended, the extension answers in the same way as for one that has not.
Result<pipeline::Reply> Tasks::cancel(const pipeline::Call& call) {
  const EntryPointer entry = TRY(find(call));
  if (entry->ended() && entry->is_core()) return fail(protocol::task_has_ended(call.method(), entry->status));
  end(*entry, TaskStatus::cancelled, "It was cancelled on request.");
  if (entry->is_core()) return local(protocol::task_result(entry->members(false), call.revision));
  return local(protocol::empty_result(call.revision));
}

// Answers to what is not asked (any more) are passed over.
Result<pipeline::Reply> Tasks::update(const pipeline::Call& call) {
  const EntryPointer entry = TRY(find(call));
  if (const std::shared_ptr<Run> run = entry->run; run && !entry->ended()) {
    const std::string_view responses = call.message->raw(Field::input_responses, call.bytes);
    TRY(run->running->take_answers(Json::trusted(std::string(responses)), false));
    if (!run->running->asks() && entry->status == TaskStatus::input_required)
      set_status(*entry, TaskStatus::working, {});
  }
  return local(protocol::empty_result(call.revision));
}

Task<pipeline::Reply> Tasks::result(pipeline::Call& call) {
  const EntryPointer entry = CO_TRY(find(call));
  if (call.events) entry->listeners.push_back(call.events);
  task::Group asking(*loop_);
  Result<void> waited;
  while (!entry->ended() && waited) {
    if (call.client && call.events)
      for (Question& each : entry->run->running->questions())
        if (!std::exchange(entry->asked[each.key], true)) asking.spawn(ask(call, entry, std::move(each)));
    waited = co_await entry->changed.wait();
  }
  asking.cancel(task::CancelReason::superseded);
  task::Scope joining;  // what was asked must be over before this frame goes
  (void)co_await asking.join().in(joining);
  std::erase(entry->listeners, call.events);
  if (!waited) co_return Failure(std::move(waited).error());
  if (entry->result) co_return local(with_related(*entry->result, entry->id));
  if (entry->failure) co_return *entry->failure;
  co_return Failure(protocol::task_has_ended(call.method(), entry->status));
}

// A question of the task, as a request on the stream of this call. Who waits for the result next asks what
// this one got no answer to.
Task<void> Tasks::ask(pipeline::Call& call, EntryPointer entry, Question question) {
  session::Questions& questions = call.client->questions;
  const auto open = questions.open(*loop_);
  if (!open) {
    if (entry->run) entry->run->running->refuse_answer(question.key, open.error());
    co_return ok();
  }
  Json params = question.params;
  params.set("_meta", related(entry->id));
  call.events->request(R"({"jsonrpc":"2.0","id":)" + open->id + R"(,"method":")" +
                       std::string(question.method()) + R"(","params":)" + params.text() + "}");
  Result<session::ClientAnswer> given = co_await open->answer->take();
  questions.drop(open->id);
  entry->asked.erase(question.key);
  if (!given && given.error().code() == Code::proto_cancelled) {
    call.events->notify(protocol::cancelled_notification(open->id, "nobody waits for this any more"));
    entry->changed.set();
    co_return ok();
  }
  const std::shared_ptr<Run> run = entry->run;
  if (!run || entry->ended()) co_return ok();
  Result<std::string> answer =
      given ? session::result_of(*std::move(given)) : Result<std::string>(fail(std::move(given).error()));
  Result<void> taken;
  if (answer) {
    taken =
        run->running->take_answers(Json::object({{question.key, Json::trusted(*std::move(answer))}}), false);
  } else {
    taken = fail(std::move(answer).error());
  }
  if (!taken) run->running->refuse_answer(question.key, taken.error());
  if (!run->running->asks()) set_status(*entry, TaskStatus::working, {});
  co_return ok();
}

}  // namespace sallyport::server
