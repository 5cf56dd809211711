#include "server/running.hpp"

#include "errors/mcp_errors.hpp"
#include "protocol/edge.hpp"
#include "protocol/tasks.hpp"
#include "task/group.hpp"

#include <utility>

namespace sallyport::server {
namespace {

using protocol::Field;

constexpr std::size_t max_questions = 32;  // of one call at once, and answers that came before theirs

std::string notification(protocol::Method method, const Json& params) {
  return R"({"jsonrpc":"2.0","method":")" + std::string(protocol::name(method)) + R"(","params":)" +
         params.text() + "}";
}

Json meta_of(const pipeline::Call& call) {
  const std::string_view meta = call.message->raw(Field::meta, call.bytes);
  return meta.empty() ? Json() : Json::trusted(std::string(meta));
}

Error too_many() {
  return Error(Code::limit_concurrency).with_slot(Slot::limit, static_cast<std::int64_t>(max_questions));
}

}  // namespace

std::string_view declared(const pipeline::Call& call) {
  if (protocol::era(call.revision) == protocol::Era::modern)
    return call.message->raw(Field::meta_capabilities, call.bytes);
  return call.client ? std::string_view(call.client->capabilities) : std::string_view();
}

// A client that declares elicitation without saying how can show forms.
bool can(std::string_view declared_capabilities, Capability capability) {
  if (declared_capabilities.empty()) return false;
  const Json has = Json::trusted(std::string(declared_capabilities));
  const auto elicitation = has.find("elicitation");
  switch (capability) {
    case Capability::sampling:
      return has.find("sampling").has_value();
    case Capability::roots:
      return has.find("roots").has_value();
    case Capability::elicitation:
      return elicitation && (elicitation->find("form") || !elicitation->find("url"));
    case Capability::elicitation_url:
      return elicitation && elicitation->find("url");
  }
  std::unreachable();
}

Json required(Capability capability) {
  switch (capability) {
    case Capability::sampling:
      return Json::object({{"sampling", Json::object()}});
    case Capability::roots:
      return Json::object({{"roots", Json::object()}});
    case Capability::elicitation:
      return Json::object({{"elicitation", Json::object()}});
    case Capability::elicitation_url:
      return Json::object({{"elicitation", Json::object({{"url", Json::object()}})}});
  }
  std::unreachable();
}

Error lacking(const Json& required_capabilities) {
  return Error(Code::proto_missing_client_capability)
      .with_executed(Executed::no)
      .with_slot(Slot::constraint, required_capabilities.members().front().first)
      .with_spec_data(Json::object({{"requiredCapabilities", required_capabilities}}).text());
}

Running::Running(task::Loop& loop, task::Scope& scope, pipeline::Call& call)
    : loop_(&loop), scope_(&scope), call_(&call), capabilities_(declared(call)), trace_(call.trace) {}

Running::Running(const Running& outer, task::Scope& scope)
    : loop_(outer.loop_), registry_(outer.registry_), scope_(&scope), trace_(outer.trace_) {}

std::shared_ptr<Running> Running::within(std::shared_ptr<Running> outer, task::Scope& scope) {
  std::shared_ptr<Running> made(new Running(*outer, scope));
  made->deadline_ = outer->deadline_;
  made->outer_ = std::move(outer);
  return made;
}

const Secret* Running::secret(std::string_view name) const {
  const auto found = secrets_.find(name);
  return found == secrets_.end() ? nullptr : &found->second;
}

void Running::release_connection() {
  if (nested()) return outer_->release_connection();
  if (lives() && call_->events) call_->events->release();
}

void Running::attach(pipeline::Call& call) {
  call_ = &call;
  capabilities_ = declared(call);
  told_.reset();  // another request, another token
}

void Running::keep_facts() {
  if (call_)
    kept_ = {call_->principal->name,  call_->principal->source,
             call_->principal->grant, call_->correlation.hex(),
             meta_of(*call_),         std::string(call_->message->raw(Field::progress_token, call_->bytes)),
             call_->log_level};
  if (outer_)
    kept_ = {std::string(caller()), std::string(source()), shared_grant(), correlation(), meta(), {}, {}};
}

void Running::detach() {
  keep_facts();
  call_ = nullptr;
}

void Running::begin_remote() {
  keep_facts();
  returned_ = false;
  remote_ = true;
}

void Running::end_remote() noexcept {
  if (returned_) {
    remote_ = false;
    return;
  }
  left_ = true;
  call_ = nullptr;
}

void Running::defer_questions(task::Event& changed) {
  deferred_ = &changed;
}

std::string_view Running::caller() const noexcept {
  if (nested()) return outer_->caller();
  return lives() ? call_->principal->name : kept_.caller;
}

std::string_view Running::source() const noexcept {
  if (nested()) return outer_->source();
  return lives() ? call_->principal->source : kept_.source;
}

std::shared_ptr<const pipeline::Grant> Running::shared_grant() const {
  if (nested()) return outer_->shared_grant();
  return lives() ? call_->principal->grant : kept_.grant;
}

const pipeline::Grant* Running::grant() const noexcept {
  if (nested()) return outer_->grant();
  return lives() ? call_->principal->grant.get() : kept_.grant.get();
}

std::string Running::correlation() const {
  if (nested()) return outer_->correlation();
  return lives() ? call_->correlation.hex() : kept_.correlation;
}

void Running::begin_span() {
  trace_.parent = std::exchange(trace_.span, telemetry::SpanId::make());
  trace_.link.reset();
}

Json Running::meta() const {
  if (nested()) return outer_->meta();
  return lives() ? meta_of(*call_) : kept_.meta;
}

void Running::log(LogLevel level, const Json& data, std::string_view logger) {
  if (!remote_) return tell_log(level, data, logger);
  loop_->post([self = shared_from_this(), level, data, logger = std::string(logger)] {
    self->tell_log(level, data, logger);
  });
}

void Running::progress(double done, std::optional<double> total, std::string_view message) {
  if (!remote_) return tell_progress(done, total, message);
  loop_->post([self = shared_from_this(), done, total, message = std::string(message)] {
    self->tell_progress(done, total, message);
  });
}

// Of a task it says so: in the core by a member of _meta; the extension has no such messages.
void Running::notify(protocol::Method method, Json params) {
  if (!outlet_) return call_->events->notify(notification(method, params));
  params.set("_meta", Json::object({{protocol::related_task_key, Json::object({{"taskId", task_id_}})}}));
  outlet_->tell(notification(method, params));
}

void Running::tell_log(LogLevel level, const Json& data, std::string_view logger) {
  if (left_) return;
  if (outer_) return outer_->tell_log(level, data, logger);
  const std::optional<LogLevel> wanted = outlet_                  ? kept_.log_level
                                         : call_ && call_->events ? call_->log_level
                                                                  : std::nullopt;
  if (!wanted || level < *wanted) return;
  Json params = Json::object({{"level", protocol::name(level)}});
  if (!logger.empty()) params.set("logger", logger);
  params.set("data", data);
  notify(protocol::Method::notifications_message, params);
}

void Running::tell_progress(double done, std::optional<double> total, std::string_view message) {
  // Of a tool that a tool called too: how far its caller has come it does not know.
  if (left_ || (!call_ && !outlet_)) return;
  if (outlet_) outlet_->progressed(message);
  if (call_ && call_->timer) call_->timer->progressed();
  const std::string token =
      outlet_ ? kept_.progress_token : std::string(call_->message->raw(Field::progress_token, call_->bytes));
  if ((!outlet_ && !call_->events) || token.empty() || (told_ && done <= *told_)) return;
  told_ = done;
  Json params = Json::object({{"progressToken", Json::trusted(token)}, {"progress", done}});
  if (total) params.set("total", *total);
  if (!message.empty()) params.set("message", message);
  notify(protocol::Method::notifications_progress, params);
}

void Running::want_task() {
  if (!task_allowed_ || outlet_ || !deferred_) return;
  task_wanted_ = true;
  deferred_->set();
}

void Running::become_task(TaskOutlet& outlet, std::string_view id) {
  detach();
  outlet_ = &outlet;
  task_id_ = id;
  task_wanted_ = false;
  early_.clear();
}

Task<std::vector<Json>> Running::ask(std::vector<Question> questions) {
  if (outer_) co_return co_await outer_->ask(std::move(questions));
  for (const Question& each : questions)
    if (!can(each.needs)) co_return Failure(lacking(required(each.needs)));
  std::vector<Task<Json>> tasks;
  for (Question& each : questions)
    tasks.push_back(deferred_ ? ask_deferred(std::move(each)) : ask_at_once(std::move(each)));
  std::vector<Json> answers;
  for (Result<Json>& each : CO_TRY(co_await task::gather(*loop_, std::move(tasks))))
    answers.push_back(CO_TRY(std::move(each)));
  co_return answers;
}

Task<Json> Running::ask_deferred(Question question) {
  if (const auto found = early_.find(question.key); found != early_.end()) {
    Json answer = std::move(found->second);
    early_.erase(found);
    CO_TRY(detail::check_answer(question, answer));
    co_return answer;
  }
  if (open_.size() >= max_questions) co_return Failure(too_many());
  // No key names two questions of one task, however often the function uses it.
  if (outlet_)
    if (const int used = ++keys_[question.key]; used > 1) question.key += "-" + std::to_string(used);
  const std::string key = question.key;
  const auto slot = std::make_shared<task::Slot<Json>>(*loop_);
  if (!open_.try_emplace(key, Open{std::move(question), slot}).second)
    co_return Failure(Error(Code::system_internal_error)
                          .with_developer_message("two questions of one call have the same key"));
  deferred_->set();
  Result<Json> answer = co_await slot->take();
  if (!answer) open_.erase(key);  // given up; an answered one is closed by whoever answered it
  co_return answer;
}

// Within the call, on its stream.
Task<Json> Running::ask_at_once(Question question) {
  if (!call_ || !call_->client || !call_->events)
    co_return Failure(SessionError("There is no way to ask this client anything.").error());
  session::Questions& questions = call_->client->questions;
  const session::Questions::Open open = CO_TRY(questions.open(*loop_));
  call_->events->request(R"({"jsonrpc":"2.0","id":)" + open.id + R"(,"method":")" +
                         std::string(question.method()) + R"(","params":)" + question.params.text() + "}");
  Result<session::ClientAnswer> given = co_await open.answer->take();
  if (call_ && call_->client) call_->client->questions.drop(open.id);
  session::ClientAnswer raw = CO_TRY(std::move(given));
  Json answer = Json::trusted(CO_TRY(session::result_of(std::move(raw))));
  CO_TRY(detail::check_answer(question, answer));
  co_return answer;
}

std::vector<Question> Running::questions() const {
  std::vector<Question> all;
  for (const auto& [key, each] : open_) all.push_back(each.question);
  return all;
}

void Running::refuse_answer(std::string_view key, Error why) {
  const auto found = open_.find(std::string(key));
  if (found == open_.end()) return;
  found->second.answer->fill(fail(std::move(why)));
  open_.erase(found);
}

Json Running::open_questions() const {
  Json all = Json::object();
  for (const auto& [key, each] : open_)
    all.set(key, Json::object({{"method", each.question.method()}, {"params", each.question.params}}));
  return all;
}

Result<void> Running::take_answers(const Json& responses, bool early) {
  const auto members = responses.members();
  for (const auto& [key, value] : members)
    if (const auto found = open_.find(key); found != open_.end())
      TRY(detail::check_answer(found->second.question, value));
  for (const auto& [key, value] : members) {
    const auto found = open_.find(key);
    if (found != open_.end()) {
      found->second.answer->fill(value);
      open_.erase(found);
    } else if (early && early_.size() < max_questions) {
      early_[key] = value;
    }
  }
  return {};
}

}  // namespace sallyport::server
