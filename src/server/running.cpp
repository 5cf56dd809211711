#include "server/running.hpp"

#include "task/wait.hpp"

namespace sallyport {
namespace server {
namespace {

using protocol::Field;

std::string notification(protocol::Method method, const Json& params) {
  return R"({"jsonrpc":"2.0","method":")" + std::string(protocol::name(method)) + R"(","params":)" +
         params.text() + "}";
}

}  // namespace

void Running::log(LogLevel level, const Json& data, std::string_view logger) {
  if (!call_->events || !call_->log_level || level < *call_->log_level) return;
  Json params = Json::object({{"level", protocol::name(level)}});
  if (!logger.empty()) params.set("logger", logger);
  params.set("data", data);
  call_->events->notify(notification(protocol::Method::notifications_message, params));
}

void Running::progress(double done, std::optional<double> total, std::string_view message) {
  if (call_->timer) call_->timer->progressed();
  const std::string_view token = call_->message->raw(Field::progress_token, call_->bytes);
  if (!call_->events || token.empty() || (told_ && done <= *told_)) return;
  told_ = done;
  Json params = Json::object({{"progressToken", Json::trusted(std::string(token))}, {"progress", done}});
  if (total) params.set("total", *total);
  if (!message.empty()) params.set("message", message);
  call_->events->notify(notification(protocol::Method::notifications_progress, params));
}

}  // namespace server

void Context::log(LogLevel level, const Json& data, std::string_view logger) {
  call_->log(level, data, logger);
}

void Context::progress(double done, std::optional<double> total, std::string_view message) {
  call_->progress(done, total, message);
}

bool Context::cancelled() const noexcept {
  return call_->scope().cancelled();
}

Task<void> Context::sleep(std::chrono::milliseconds time) {
  task::Timers& timers = call_->loop().timers();
  co_return co_await task::Sleep(timers, timers.now() + time);
}

std::string_view Context::caller() const noexcept {
  return call_->call().principal->name;
}

std::string_view Context::source() const noexcept {
  return call_->call().principal->source;
}

Json Context::meta() const {
  const pipeline::Call& call = call_->call();
  const std::string_view meta = call.message->raw(protocol::Field::meta, call.bytes);
  return meta.empty() ? Json() : Json::trusted(std::string(meta));
}

std::string Context::correlation_id() const {
  return call_->call().correlation.hex();
}

}  // namespace sallyport
