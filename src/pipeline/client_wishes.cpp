#include "pipeline/client_wishes.hpp"

#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"

namespace sallyport::pipeline {
namespace {

using protocol::Field;

Error bad_level(const Call& call, std::string_view pointer) {
  return Error(Code::proto_invalid_params)
      .with_executed(Executed::no)
      .with_slot(Slot::method, protocol::name(call.method()))
      .with_slot(Slot::pointer, pointer)
      .with_slot(Slot::constraint,
                 "must be one of debug, info, notice, warning, error, critical, alert, emergency");
}

}  // namespace

Reply local(std::string result) {
  return Local{std::make_shared<const std::string>(std::move(result))};
}

Result<void> take_log_level(Call& call) {
  using protocol::LogLevel;
  if (!call.log_demand) return {};
  if (protocol::era(call.revision) == protocol::Era::legacy) {
    if (!call.client) return {};
    call.client->log.join(*call.log_demand);
    call.log_level = call.client->log.level().value_or(LogLevel::debug);
    call.log_asked = call.client->log.level().value_or(LogLevel::info);
    return {};
  }
  if (!call.message->has(Field::meta_log_level)) return {};
  std::string scratch;
  const auto text = call.message->text(Field::meta_log_level, call.bytes, scratch);
  const auto level = text ? protocol::parse_log_level(*text) : std::nullopt;
  if (!level) return fail(bad_level(call, "params._meta.io.modelcontextprotocol/logLevel"));
  call.log_level = call.log_asked = level;
  call.log_wish.set(*call.log_demand, *level);
  return {};
}

protocol::ClientCapabilities declared_capabilities(const Call& call) {
  if (protocol::era(call.revision) == protocol::Era::modern)
    return protocol::read_client_capabilities(call.message->raw(Field::meta_capabilities, call.bytes));
  if (!call.client) return {};
  return protocol::within(protocol::read_client_capabilities(call.client->capabilities), call.revision);
}

Result<Reply> set_log_level(Call& call) {
  const auto level = protocol::message_level(*call.message, call.bytes);
  if (!level) return fail(bad_level(call, "params.level"));
  if (call.client && call.log_demand) call.client->log.set(*call.log_demand, *level);
  return local(protocol::empty_result(call.revision));
}

Reply unsubscribe(const Call& call) {
  std::string scratch;
  const auto uri = call.message->text(Field::uri, call.bytes, scratch);
  if (call.client && uri) {
    auto& subscriptions = call.client->subscriptions;
    if (const auto found = subscriptions.find(*uri); found != subscriptions.end()) subscriptions.erase(found);
  }
  return local(protocol::empty_result(call.revision));
}

}  // namespace sallyport::pipeline
