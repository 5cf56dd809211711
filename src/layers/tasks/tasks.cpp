#include "layers/tasks/tasks.hpp"

#include "json/splice.hpp"
#include "json/text.hpp"
#include "pipeline/client_wishes.hpp"
#include "pipeline/edited.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"
#include "task/group.hpp"
#include "upstream/task_details.hpp"

namespace sallyport::layers {
namespace {

using pipeline::local;
using protocol::Era;
using protocol::Field;
using protocol::Method;
using protocol::Revision;
using protocol::TaskStatus;

constexpr std::size_t page_size = 20;  // of tasks/list: each is looked at

bool is_modern(const pipeline::Call& call) {
  return protocol::era(call.revision) == Era::modern;
}

bool takes_tasks(const pipeline::Call& call) {
  return protocol::declares_tasks(call.message->raw(Field::meta_capabilities, call.bytes));
}

// In the legacy era a session's, else a principal's.
std::string owner_of(const pipeline::Call& call) {
  if (is_modern(call)) return "modern/" + call.principal->name;
  return "legacy/" + call.principal->name + "/" +
         std::string(call.client ? call.client->identity() : std::string_view());
}

Error cannot(std::string_view constraint) {
  return Error(Code::proto_cannot_bridge).with_executed(Executed::no).with_slot(Slot::constraint, constraint);
}

const pipeline::Answer* result_of(const pipeline::Reply& reply) {
  const auto* answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply);
  const bool result = answer && (*answer)->message.kind() == protocol::MessageKind::result_response;
  return result ? answer->get() : nullptr;
}

upstream::TaskTable::Pointer made_by(const pipeline::Call& call) {
  auto task = std::make_shared<upstream::KnownTask>();
  task->owner = owner_of(call);
  task->tool = call.shown_name;
  task->revision = call.revision;
  return task;
}

// The task that a call was answered with; nothing if it was answered in another way.
std::optional<json::Span> task_in(const pipeline::Call& call, const pipeline::Answer& answer) {
  const json::Span result = answer.message[Field::result].value.span;
  if (is_modern(call)) {
    const bool task = protocol::classify_result(answer.message, answer.bytes) == protocol::ResultClass::task;
    return task ? std::optional(result) : std::nullopt;
  }
  const json::Value task = json::find_member(answer.bytes, result, "task").value;
  return task.is(json::Type::object) ? std::optional(task.span) : std::nullopt;
}

// The member of _meta that names the task, under the caller's id.
Result<void> rename_related(pipeline::Answer& answer, std::string_view id) {
  const std::string shown = R"({"taskId":)" + json::quote(id) + "}";
  json::Splice splice(answer.bytes);
  if (answer.message.is(Field::result_meta, json::Type::object)) {
    const json::Span meta = answer.message[Field::result_meta].value.span;
    if (const json::Member old = json::find_member(answer.bytes, meta, protocol::related_task_key)) {
      splice.replace(old.value.span, shown);
    } else {
      splice.append_member(meta, protocol::related_task_key, shown);
    }
  } else {
    splice.append_member(answer.message[Field::result].value.span, "_meta", protocol::related_meta(id));
  }
  if (!pipeline::take_edited(answer, splice.to_string())) return fail(upstream::malformed_task());
  return {};
}

// A call that waits for the result of a task: what its server tells meanwhile goes on the stream of that
// call.
class Listening {
 public:
  Listening(upstream::TaskTable::Pointer task, pipeline::EventSink* events)
      : task_(std::move(task)), events_(events) {
    if (events_) task_->listeners.push_back(events_);
  }
  ~Listening() { std::erase(task_->listeners, events_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  upstream::TaskTable::Pointer task_;
  pipeline::EventSink* events_;
};

}  // namespace

Task<pipeline::Reply> Tasks::call(pipeline::Call& call) {
  if (protocol::is_of_tasks(call.method())) return about(call);
  if (call.method() != Method::tools_call) return next().call(call);
  const bool wants = is_modern(call)
                         ? takes_tasks(call)
                         : call.revision == Revision::v2025_11_25 && call.message->has(Field::task);
  return wants || call.tool->task_only ? begin(call) : next().call(call);
}

// ---- Calls that may become tasks.

Task<pipeline::Reply> Tasks::begin(pipeline::Call& call) {
  if (!call.server->revision()) {
    Result<void> ready = co_await call.server->ready();
    if (!ready) co_return Failure(std::move(ready).error().with_executed(Executed::no));
  }
  const Known task = CO_TRY(prepare(call));
  pipeline::Reply reply = CO_TRY(co_await next().call(call));
  if (!task) co_return reply;
  co_return CO_TRY(keep(call, task, std::move(reply)));
}

Result<Tasks::Known> Tasks::prepare(pipeline::Call& call) {
  const auto speaks = call.server->revision();
  const bool modern_server = speaks && protocol::era(*speaks) == Era::modern;
  const auto& listing = call.server->listing();
  if (is_modern(call)) {
    if (call.tool->task_only && !modern_server)
      return fail(
          cannot("the tool runs only as a task of 2025-11-25, which the client's revision does not "
                 "have"));
    // A server that cannot make a task of it answers.
    call.takes_task = takes_tasks(call) && modern_server && listing && listing->offers.tasks_extension &&
                      !table_->full(owner_of(call));
    return call.takes_task ? made_by(call) : nullptr;
  }
  const auto wish = TRY(protocol::read_task_wish(*call.message, call.bytes, call.revision));
  if (!wish) {
    if (call.revision != Revision::v2025_11_25)
      return fail(cannot("the tool runs only as a task, which the client's revision does not have"));
    return fail(
        protocol::wrong_task_support(call.shown_name, "it runs only as a task; add `task` to the params"));
  }
  if (modern_server)
    return fail(
        cannot("the server has tasks of 2026-07-28 only, which the client's revision does not have; "
               "leave `task` out"));
  if (!listing || !listing->offers.tasks)
    return fail(protocol::wrong_task_support(call.shown_name, "its server has no tasks; leave `task` out"));
  if (table_->full(owner_of(call)))
    return fail(Error(Code::limit_too_many_tasks)
                    .with_executed(Executed::no)
                    .with_slot(Slot::limit, static_cast<std::int64_t>(table_->limit())));
  call.task = call.message->raw(Field::task, call.bytes);
  const Known task = made_by(call);
  task->client = call.client;
  task->progress_token = call.message->raw(Field::progress_token, call.bytes);
  call.task_sink = task;
  return task;
}

Result<pipeline::Reply> Tasks::keep(const pipeline::Call& call, const Known& task, pipeline::Reply reply) {
  const pipeline::Answer* const answer = result_of(reply);
  if (!answer) return reply;
  const auto object = task_in(call, *answer);
  if (!object) return reply;
  auto seen = protocol::read_task(answer->bytes, *object, call.revision);
  if (!seen) return fail(upstream::malformed_task());
  task->seen = *std::move(seen);
  table_->add(task, call.server);
  std::string members;
  protocol::append_task(members, task->seen.state(task->id), call.revision);
  return local(protocol::create_task_result(members, call.revision));
}

// ---- Requests about them.

Task<pipeline::Reply> Tasks::about(pipeline::Call& call) {
  CO_TRY(protocol::check_served(call.method(), call.revision));
  if (is_modern(call) && !takes_tasks(call)) co_return Failure(protocol::missing_tasks_extension());
  if (call.method() == Method::tasks_list) co_return co_await list(call);
  std::string scratch;
  const auto id = call.message->text(Field::task_id, call.bytes, scratch);
  const Known task = table_->find(id.value_or(""), owner_of(call));
  const bool here = task && (call.endpoint.empty() || call.endpoint == task->server_key);
  if (!here) {
    const protocol::ServerCapabilities& offers = roster_->view(call.endpoint)->offers();
    const bool offered = is_modern(call) ? offers.tasks_extension : offers.tasks;
    co_return Failure(offered ? protocol::no_such_task()
                              : Error(Code::proto_method_not_found)
                                    .with_executed(Executed::no)
                                    .with_slot(Slot::method, protocol::name(call.method())));
  }
  // A listen.
  if (is_modern(call) && call.client) {
    CO_TRY(following_->follow(task, *call.client, askable(call, task->server_key)));
    co_return local(protocol::empty_result(call.revision));
  }
  co_return co_await ask(call, task);
}

Task<pipeline::Reply> Tasks::ask(pipeline::Call& call, Known task) {
  if (task->lost()) co_return lost(call, task);
  call.server = task->server.lock();
  call.own_name = task->seen.id;
  call.idempotent = call.method() == Method::tasks_get || call.method() == Method::tasks_result;
  call.takes_task = is_modern(call);
  call.askable = askable(call, task->server_key);
  if (call.method() == Method::tasks_result && call.timer) {
    const auto ttl =
        std::chrono::milliseconds(task->seen.ttl_ms.value_or(upstream::TaskTable::max_ttl.count()));
    call.timer->set_limit(std::min(ttl, upstream::TaskTable::max_ttl));
  }
  const Listening listening(task, call.method() == Method::tasks_result ? call.events : nullptr);
  Result<pipeline::Reply> reply = co_await next().call(call);
  if (reply && result_of(*reply))
    co_return CO_TRY(carried(call, task, std::get<std::unique_ptr<pipeline::Answer>>(*std::move(reply))));
  // A process that came back meanwhile may have been asked, and knows nothing of it.
  if (task->lost()) co_return lost(call, task);
  co_return reply;
}

protocol::ClientCapabilities Tasks::askable(const pipeline::Call& call, std::string_view server) const {
  if (!is_modern(call)) return {};
  auto can = protocol::read_client_capabilities(call.message->raw(Field::meta_capabilities, call.bytes));
  const auto member = roster_->find(server);
  can.roots = can.roots && member && member->definition().roots;
  return can;
}

Result<pipeline::Reply> Tasks::carried(const pipeline::Call& call, const Known& task,
                                       std::unique_ptr<pipeline::Answer> answer) {
  if (call.method() == Method::tasks_result) {
    TRY(rename_related(*answer, task->id));
    answer->method = Method::tools_call;
    return answer;
  }
  const bool acknowledged = call.method() == Method::tasks_update || is_modern(call);
  if (call.method() != Method::tasks_get && acknowledged) return local(protocol::empty_result(call.revision));
  const auto seen =
      protocol::read_task(answer->bytes, answer->message[Field::result].value.span, call.revision);
  if (!seen || seen->id != task->seen.id) return fail(upstream::malformed_task());
  std::string members;
  protocol::append_task(members, seen->state(task->id), call.revision);
  if (is_modern(call))
    members += TRY(upstream::task_details(*answer, seen->status, askable(call, task->server_key)));
  table_->saw(task, *seen);
  return local(protocol::task_result(members, call.revision));
}

// Its server is gone, and the task with it: it has failed, and says why.
pipeline::Reply Tasks::lost(const pipeline::Call& call, const Known& task) {
  Error error = upstream::task_lost(task->server_key);
  protocol::FailureContext context;
  context.correlation = call.correlation;
  context.server = task->server_key;
  context.tool = task->tool;
  const protocol::CanonicalFailure failure = protocol::render(error, context);
  if (!protocol::is_terminal(task->seen.status)) {
    protocol::SeenTask seen = task->seen;
    seen.status = TaskStatus::failed;
    seen.message = failure.text;
    table_->saw(task, std::move(seen));
  }
  if (call.method() == Method::tasks_update || (call.method() == Method::tasks_cancel && is_modern(call)))
    return local(protocol::empty_result(call.revision));
  if (call.method() != Method::tasks_get) return pipeline::Failed(std::move(error), failure);
  std::string members;
  protocol::append_task(members, task->seen.state(task->id), call.revision);
  if (is_modern(call)) members += upstream::task_error(failure);
  return local(protocol::task_result(members, call.revision));
}

// ---- The list: from what is known here, after a look at those that may have moved on.

Task<pipeline::Reply> Tasks::list(pipeline::Call& call) {
  const std::string owner = owner_of(call);
  std::string scratch;
  const auto cursor = call.message->text(Field::cursor, call.bytes, scratch);
  const auto found =
      cursor && cursor->empty() ? std::nullopt : table_->after(cursor.value_or(""), owner, page_size + 1);
  if (!found) co_return Failure(Error(Code::proto_invalid_cursor).with_executed(Executed::no));
  std::vector<Known> page = *found;
  if (page.size() > page_size) page.pop_back();
  std::vector<Task<void>> looks;
  for (const Known& task : page)
    if (!protocol::is_terminal(task->seen.status)) looks.push_back(refresh(call, task));
  (void)CO_TRY(co_await task::gather(*loop_, std::move(looks)));
  std::string out = R"({"tasks":[)";
  for (const Known& task : page) {
    out += out.back() == '[' ? "{" : ",{";
    protocol::append_task(out, task->seen.state(task->id), call.revision);
    out += '}';
  }
  out += ']';
  if (found->size() > page_size) out.append(R"(,"nextCursor":)").append(json::quote(page.back()->id));
  co_return local(out + "}");
}

Task<void> Tasks::refresh(const pipeline::Call& call, Known task) {
  const std::string bytes =
      R"({"jsonrpc":"2.0","id":0,"method":"tasks/get","params":{"taskId":)" + json::quote(task->id) + "}}";
  const auto message = protocol::parse_message(bytes);
  if (!message) co_return ok();
  pipeline::Call look;
  look.bytes = bytes;
  look.message = &*message;
  look.revision = call.revision;
  look.endpoint = call.endpoint;
  look.principal = call.principal;
  look.client = call.client;
  look.session = call.session;
  look.correlation = call.correlation;
  look.started = call.started;
  look.hops = call.hops;
  (void)co_await ask(look, std::move(task));  // else it stands as it was seen last
  co_return ok();
}

}  // namespace sallyport::layers
