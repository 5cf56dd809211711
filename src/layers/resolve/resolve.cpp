#include "layers/resolve/resolve.hpp"

#include "base/strings.hpp"

namespace sallyport::layers {
namespace {

using protocol::Field;

constexpr std::int64_t max_hops = 4;

// Gateways of ours in a row: one that is configured in front of itself would go round for ever.
Result<int> next_hop(const pipeline::Call& call) {
  if (!call.message->has(Field::hops)) return 1;
  const auto hops = json::as_int64(call.message->raw(Field::hops, call.bytes));
  if (!hops || *hops < 0 || *hops >= max_hops) {
    return fail(
        Error(Code::proto_too_many_hops).with_executed(Executed::no).with_slot(Slot::limit, max_hops));
  }
  return static_cast<int>(*hops) + 1;
}

}  // namespace

Task<pipeline::Reply> Resolve::call(pipeline::Call& call) {
  call.hops = CO_TRY(next_hop(call));
  // Nothing is suspended here, so no state can be one that we gave out.
  if (call.message->has(Field::request_state) || call.message->has(Field::input_responses)) {
    co_return Failure(Error(Code::proto_invalid_request_state).with_executed(Executed::no));
  }
  std::string scratch;
  const auto name = call.message->text(Field::name, call.bytes, scratch);
  if (!name)
    co_return Failure(Error(Code::proto_invalid_params)
                          .with_executed(Executed::no)
                          .with_slot(Slot::pointer, "/params/name"));
  if (!take(call, *name) && !fleet_->view(call.endpoint)->complete()) {
    // It may belong to a server that is still starting.
    CO_TRY(co_await fleet_->settle(call.endpoint, timers_->now() + fleet_->settings().first_list, *name));
    take(call, *name);
  }
  if (!call.tool && !take_unlisted(call, *name)) co_return Failure(unknown(call, *name));
  if (call.param_headers) {
    const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
    CO_TRY(protocol::check_param_headers(call.tool->param_headers, arguments, *call.param_headers));
  }
  call.idempotent = call.tool->idempotent;
  if (call.tool->timeout && call.timer) call.timer->set_limit(*call.tool->timeout);
  co_return co_await next().call(call);
}

bool Resolve::take(pipeline::Call& call, std::string_view name) {
  const std::shared_ptr<const upstream::View> view = fleet_->view(call.endpoint);
  const upstream::View::Entry* entry = view->find(name);
  if (!entry) return false;
  call.server = entry->server;
  call.tool = entry->tool;
  call.shown_name =
      call.endpoint.empty() ? std::string_view(call.tool->exposed) : std::string_view(call.tool->own_name);
  return true;
}

// A server may take calls of tools that it does not list (mcp-wire 5.4), where the name can only be its own:
// on its own endpoint, or under its prefix while we do not know its list.
bool Resolve::take_unlisted(pipeline::Call& call, std::string_view name) {
  if (fleet_->view(call.endpoint)->find_denied(name)) return false;
  std::shared_ptr<upstream::Server> owner;
  std::string_view own = name;
  if (!call.endpoint.empty()) {
    owner = fleet_->find(call.endpoint);
  } else {
    for (const auto& server : fleet_->servers()) {
      const std::string& prefix = server->definition().prefix;
      const bool alone = prefix.empty() && fleet_->servers().size() == 1;
      const bool unheard = !prefix.empty() && !server->catalogue() && name.starts_with(prefix);
      if (!alone && !unheard) continue;
      owner = server;
      own = name.substr(prefix.size());
      break;
    }
  }
  if (!owner) return false;
  upstream::ToolPointer tool = upstream::unlisted_tool(owner->definition(), fleet_->settings(), own);
  if (!tool) return false;
  call.server = std::move(owner);
  call.tool = std::move(tool);
  return true;
}

// A denied tool takes the same path as one that never existed, but for the code that operators see.
Error Resolve::unknown(const pipeline::Call& call, std::string_view name) {
  const std::shared_ptr<const upstream::View> view = fleet_->view(call.endpoint);
  Error error(view->find_denied(name) ? Code::policy_tool_denied : Code::tool_not_found);
  error.with_executed(Executed::no);
  if (const auto suggestion = did_you_mean(name, view->names()))
    error.with_slot(Slot::suggestion, *suggestion);
  return error;
}

}  // namespace sallyport::layers
