#include "layers/asking/detached_call.hpp"

#include "json/scanner.hpp"
#include "layers/asking/server_replies.hpp"
#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"

namespace sallyport::layers {
namespace {

using protocol::Field;

std::string_view progress_token(const pipeline::Call& call) {
  return call.message->raw(Field::progress_token, call.bytes);
}

}  // namespace

DetachedCall::DetachedCall(task::Loop& loop, const pipeline::Call& first)
    : bytes_(first.bytes),
      message_(*first.message),
      principal_(*first.principal),
      endpoint_(first.endpoint),
      changed_(loop) {
  call_.bytes = bytes_;
  call_.message = &message_;
  call_.revision = first.revision;
  call_.endpoint = endpoint_;
  call_.principal = &principal_;
  if (first.events) call_.events = this;
  call_.correlation = first.correlation;
  call_.started = first.started;
  call_.log_demand = first.log_demand;
  if (const auto level = first.log_wish.level()) call_.log_wish.set(*call_.log_demand, *level);
  call_.log_level = first.log_level;
  call_.log_asked = first.log_asked;
  call_.graph = first.graph;
  call_.timer = this;
  call_.server = first.server;
  call_.tool = first.tool;
  call_.shown_name = first.tool ? first.shown_name : std::string_view();
  call_.own_name = first.own_name;
  call_.idempotent = first.idempotent;
  call_.declares = first.declares;
  call_.askable = first.askable;
  call_.questions = this;
  call_.hops = first.hops;
  call_.trace = first.trace;
}

std::size_t DetachedCall::held_bytes() const noexcept {
  std::size_t all = sizeof(*this) + bytes_.size();
  for (const Open& open : open_) all += sizeof(open) + open.params.size();
  return all;
}

Task<void> DetachedCall::run(pipeline::Service& below) {
  task::Scope scope(co_await task::current_scope());
  scope_ = &scope;
  outcome_.emplace(co_await below.call(call_).in(scope));
  scope_ = nullptr;
  for (const Open& open : std::exchange(open_, {}))
    respond(open.server, protocol::unanswered_response(open.id, "The call is over"));
  set_waits(false);
  changed_.set();
  co_return ok();
}

Task<void> DetachedCall::end() {
  while (!over()) CO_TRY(co_await changed_.wait());
  co_return ok();
}

std::vector<protocol::Question> DetachedCall::questions() {
  open_.remove_if([](const Open& open) { return open.server.expired(); });
  closed_one();
  std::vector<protocol::Question> all;
  for (const Open& open : open_) all.push_back({open.key, open.method, open.params});
  return all;
}

void DetachedCall::asked(const protocol::Question& question, std::weak_ptr<pipeline::ResponseSink> server) {
  if (over()) return respond(server, protocol::method_not_found_response(question.key));
  auto params = askable_params(call_, question, open_.size());
  if (!params) return respond(server, std::move(params).error());
  open_.push_back({.key = R"("q)" + std::to_string(++asked_) + '"',
                   .id = std::string(question.key),
                   .method = question.method,
                   .params = std::string(question.params),
                   .server = std::move(server)});
  set_waits(true);
  changed_.set();
}

void DetachedCall::withdrawn(std::string_view id) {
  open_.remove_if([&](const Open& open) { return open.id == id; });
  closed_one();
}

void DetachedCall::answer(std::string_view responses) {
  const json::Span whole{0, static_cast<std::uint32_t>(responses.size())};
  for (auto open = open_.begin(); open != open_.end();) {
    const std::string key = json::unescape(open->key);
    const json::Value answer =
        responses.empty() ? json::Value() : json::find_member(responses, whole, key).value;
    const auto server = open->server.lock();
    if (!answer && server) {
      ++open;
      continue;
    }
    if (server) server->respond(answer_response(open->id, open->method, answer.of(responses)));
    open = open_.erase(open);
  }
  closed_one();
}

void DetachedCall::closed_one() {
  if (open_.empty()) set_waits(false);
}

// Progress is reported under the token of the first request: another one names its own, or wants none.
void DetachedCall::notify(std::string_view message) {
  if (!visitor_ || !visitor_->events) return;
  const std::string_view token = progress_token(*visitor_);
  if (token == progress_token(call_)) return visitor_->events->notify(message);
  const auto parsed =
      protocol::parse_message(message, {.max_keys = UINT32_MAX, .max_string = message.size()});
  if (!parsed || parsed->method() != protocol::Method::notifications_progress)
    return visitor_->events->notify(message);
  if (!token.empty()) visitor_->events->notify(protocol::rewrite_progress(message, *parsed, token));
}

void DetachedCall::set_limit(std::chrono::milliseconds total) {
  if (visitor_ && visitor_->timer) visitor_->timer->set_limit(total);
}

SteadyTime DetachedCall::ends() const {
  return visitor_ && visitor_->timer ? visitor_->timer->ends() : SteadyTime::max();
}

std::chrono::milliseconds DetachedCall::given() const {
  return visitor_ && visitor_->timer ? visitor_->timer->given() : std::chrono::milliseconds(0);
}

void DetachedCall::progressed() {
  if (visitor_ && visitor_->timer) visitor_->timer->progressed();
}

DetachedCall::Visit::Visit(DetachedCall& detached, pipeline::Call& request)
    : detached_(detached), request_(request) {
  detached_.visitor_ = &request_;
}

DetachedCall::Visit::~Visit() {
  detached_.visitor_ = nullptr;
  request_.server = detached_.call_.server;
  request_.attempts = detached_.call_.attempts;
  request_.recovery = detached_.call_.recovery;
}

}  // namespace sallyport::layers
