#include "layers/route/route.hpp"

#include "pipeline/client_wishes.hpp"
#include "pipeline/recovered.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"

#include <algorithm>

namespace sallyport::layers {
namespace {

using protocol::Field;
using protocol::Method;

// How long a modern client may keep what server/discover says: it changes when a server that is not known yet
// comes up, or another version of one.
constexpr std::uint64_t discover_ttl_ms = 60000;
constexpr std::uint64_t guessed_ttl_ms = 5000;

// What the servers offer, as far as we carry it through.
protocol::ServerCapabilities offered(const upstream::View& view) {
  protocol::ServerCapabilities offers = view.offers();
  offers.subscribe =
      offers.subscribe && protocol::served(Method::resources_subscribe, protocol::latest_legacy);
  offers.logging = offers.logging && protocol::served(Method::logging_set_level, protocol::latest_legacy);
  return offers;
}

}  // namespace

Task<pipeline::Reply> Route::call(pipeline::Call& call) {
  Result<void> good = protocol::check_params(*call.message, call.bytes);
  if (good) good = pipeline::take_log_level(call);
  if (!good) return pipeline::refuse(std::move(good).error());
  switch (call.method()) {
    case Method::tools_call:
    case Method::prompts_get:
    case Method::resources_read:
    case Method::completion_complete:
    case Method::resources_subscribe:
    case Method::tasks_get:
    case Method::tasks_result:
    case Method::tasks_list:
    case Method::tasks_cancel:
    case Method::tasks_update:
      return next().call(call);
    default:
      return answer(call);
  }
}

Task<pipeline::Reply> Route::answer(pipeline::Call& call) {
  switch (call.method()) {
    case Method::resources_unsubscribe:
      co_return pipeline::unsubscribe(call);
    case Method::logging_set_level:
      co_return CO_TRY(pipeline::set_log_level(call));
    case Method::initialize:
      co_return initialize(call);
    case Method::ping:
      co_return pipeline::local(protocol::empty_result(call.revision));
    case Method::server_discover:
      co_return discover(call);
    default:
      break;
  }
  const auto row = std::ranges::find(protocol::list_rows, call.method(), &protocol::ListRow::method);
  if (row != protocol::list_rows.end()) co_return co_await list(call, *row);
  co_return Failure(Error(Code::proto_method_not_found).with_executed(Executed::no));
}

pipeline::Reply Route::initialize(const pipeline::Call& call) {
  if (call.client) {
    const auto can = protocol::read_client_capabilities(call.message->raw(Field::capabilities, call.bytes));
    call.client->capabilities = protocol::client_capabilities_json(can, protocol::latest_modern);
  }
  std::string scratch;
  const auto requested = call.message->text(Field::protocol_version, call.bytes, scratch);
  return pipeline::local(protocol::initialize_result(protocol::negotiate(requested.value_or("")),
                                                     offered(*roster_->view(call.endpoint))));
}

pipeline::Reply Route::discover(const pipeline::Call& call) {
  const auto view = roster_->view(call.endpoint);
  return pipeline::local(protocol::discover_result(offered(*view),
                                                   view->knows_all() ? discover_ttl_ms : guessed_ttl_ms,
                                                   protocol::CacheScope::private_scope));
}

Task<pipeline::Reply> Route::list(pipeline::Call& call, const protocol::ListRow& row) {
  std::string scratch;
  const auto cursor = call.message->text(Field::cursor, call.bytes, scratch);
  auto view = roster_->view(call.endpoint);
  if (!cursor && !view->complete()) {
    CO_TRY(co_await roster_->settle(call.endpoint, timers_->now() + roster_->settings().first_list));
    view = roster_->view(call.endpoint);
  }
  // What server/discover does not announce is not there. A legacy session keeps what `initialize` said, when
  // less may have been known: for it the list is empty.
  if (protocol::era(call.revision) == protocol::Era::modern && !view->offers().has(row.topic))
    co_return Failure(Error(Code::proto_method_not_found)
                          .with_executed(Executed::no)
                          .with_slot(Slot::method, protocol::name(row.method)));
  pipeline::Local answer{CO_TRY(view->list(row.list, call.revision, cursor))};
  if (const auto cause = view->stale(row.list)) {
    pipeline::note_recovery(call, *metrics_, Error(*cause), Strategy::fallback, recovery::Outcome::recovered);
    answer.degraded = Code::recovery_stale_list;
  }
  co_return answer;
}

}  // namespace sallyport::layers
