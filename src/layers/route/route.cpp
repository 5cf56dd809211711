#include "layers/route/route.hpp"

#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::layers {
namespace {

using protocol::Field;
using protocol::Method;

// What server/discover says may be kept this long: nothing in it changes while the gateway runs.
constexpr std::uint64_t discover_ttl_ms = 3600000;

pipeline::Reply local(std::string result) {
  return pipeline::Local{std::make_shared<const std::string>(std::move(result))};
}

}  // namespace

Task<pipeline::Reply> Route::call(pipeline::Call& call) {
  CO_TRY(protocol::check_params(*call.message, call.bytes));
  switch (call.method()) {
    case Method::tools_call:
      co_return co_await next().call(call);
    case Method::tools_list:
      co_return co_await list_tools(call);
    case Method::initialize:
      co_return co_await initialize(call);
    case Method::ping:
      co_return local(protocol::empty_result(call.revision));
    case Method::server_discover:
      co_return local(protocol::discover_result({}, discover_ttl_ms, protocol::CacheScope::private_scope));
    default:
      break;
  }
  Error unserved(Code::proto_method_not_found);
  co_return Failure(std::move(unserved).with_executed(Executed::no));
}

Task<pipeline::Reply> Route::initialize(pipeline::Call& call) {
  std::string scratch;
  const auto requested = call.message->text(Field::protocol_version, call.bytes, scratch);
  co_return local(protocol::initialize_result(protocol::negotiate(requested.value_or("")), {}));
}

Task<pipeline::Reply> Route::list_tools(pipeline::Call& call) {
  // All tools stand on one page, so there is no cursor that we could have given.
  if (call.message->has(Field::cursor))
    co_return Failure(Error(Code::proto_invalid_cursor).with_executed(Executed::no));
  if (!fleet_->view(call.endpoint)->complete()) {
    CO_TRY(co_await fleet_->settle(call.endpoint, timers_->now() + fleet_->settings().first_list));
  }
  co_return pipeline::Local{fleet_->view(call.endpoint)->list(call.revision)};
}

}  // namespace sallyport::layers
