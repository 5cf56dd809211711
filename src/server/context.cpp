#include "server/context.hpp"

#include "errors/tool_errors.hpp"
#include "server/running.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

void Context::log(LogLevel level, const Json& data, std::string_view logger) {
  call_->log(level, data, logger);
}

void Context::progress(double done, std::optional<double> total, std::string_view message) {
  call_->progress(done, total, message);
}

bool Context::cancelled() const noexcept {
  return call_->cancelled();
}

Task<void> Context::sleep(std::chrono::milliseconds time) {
  task::Timers& timers = call_->loop().timers();
  co_return co_await task::Sleep(timers, timers.now() + time);
}

void Context::release_connection() {
  call_->release_connection();
}

const Secret& Context::secret(std::string_view name) const {
  if (const Secret* found = call_->secret(name)) return *found;
  throw FatalToolError("The tool asked for a secret that it does not declare.", name);
}

void Context::become_task() {
  call_->want_task();
}

bool Context::can(Capability capability) const {
  return call_->can(capability);
}

Task<std::vector<Json>> Context::ask(std::vector<Question> questions) {
  return call_->ask(std::move(questions));
}

namespace {

Task<Json> ask_one(server::Running& running, Question question) {
  std::vector<Question> questions;
  questions.push_back(std::move(question));
  std::vector<Json> answers = CO_TRY(co_await running.ask(std::move(questions)));
  co_return std::move(answers.front());
}

}  // namespace

Task<Elicited> Context::elicit(std::string_view key, std::string_view message, const Json& schema) {
  const Json answer = CO_TRY(co_await ask_one(*call_, Question::form(key, message, schema)));
  co_return detail::read_elicited(answer);
}

Task<Elicited> Context::elicit_page(std::string_view key, std::string_view message, std::string_view url) {
  const Json answer = CO_TRY(co_await ask_one(*call_, Question::page(key, message, url)));
  co_return detail::read_elicited(answer);
}

Task<Sampled> Context::sample(std::string_view key, SampleRequest request) {
  const Json answer = CO_TRY(co_await ask_one(*call_, Question::sample(key, request)));
  co_return detail::read_sampled(answer);
}

Task<Sampled> Context::sample(std::string_view key, std::string_view prompt, int max_tokens) {
  SampleRequest request;
  request.messages.emplace_back(Content::text(prompt));
  request.max_tokens = max_tokens;
  return sample(key, std::move(request));
}

Task<std::vector<Root>> Context::roots() {
  const Json answer = CO_TRY(co_await ask_one(*call_, Question::roots("roots")));
  co_return detail::read_roots(answer);
}

std::optional<std::chrono::steady_clock::time_point> Context::deadline() const noexcept {
  return call_->deadline();
}

std::string_view Context::caller() const noexcept {
  return call_->caller();
}

std::string_view Context::source() const noexcept {
  return call_->source();
}

bool Context::has_scope(std::string_view name) const noexcept {
  const pipeline::Grant* const grant = call_->grant();
  return grant && std::ranges::find(grant->scopes, name) != grant->scopes.end();
}

Json Context::claims() const {
  const pipeline::Grant* const grant = call_->grant();
  return grant && !grant->claims.empty() ? Json::trusted(grant->claims) : Json();
}

Json Context::meta() const {
  return call_->meta();
}

std::string Context::correlation_id() const {
  return call_->correlation();
}

std::string Context::traceparent() const {
  const telemetry::Trace& trace = call_->trace();
  return trace.active() ? telemetry::TraceParent{trace.id, trace.span, trace.sampled}.text() : std::string();
}

}  // namespace sallyport
