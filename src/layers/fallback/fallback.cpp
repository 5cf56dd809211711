#include "layers/fallback/fallback.hpp"

#include "pipeline/recovered.hpp"
#include "upstream/record.hpp"
#include "upstream/server.hpp"
#include "upstream/tool.hpp"

#include <algorithm>

namespace sallyport::layers {
namespace {

using recovery::Outcome;

// The server as a whole failed, or has no room: another one may do better. What it says of the call itself,
// and what the gateway refuses to its caller, would be the same there.
bool of_server(Code code) noexcept {
  switch (code) {
    case Code::tool_server_unavailable:
    case Code::tool_timeout:
    case Code::network_timeout:
    case Code::network_connection_failed:
    case Code::network_ssl_error:
    case Code::network_dns_error:
    case Code::network_unreachable:
    case Code::network_protocol_error:
    case Code::limit_upstream_rate_limited:
    case Code::limit_concurrency:
    case Code::system_maintenance:
      return true;
    default:
      return false;
  }
}

}  // namespace

Task<pipeline::Reply> Fallback::call(pipeline::Call& call) {
  Result<pipeline::Reply> reply = co_await next().call(call);
  if (reply) [[likely]]
    co_return reply;
  co_return co_await elsewhere(call, std::move(reply).error());
}

// A rule of the operator that says something else about this failure stands above the fallback.
std::shared_ptr<upstream::Member> Fallback::stand_in(const pipeline::Call& call, const Error& failed) const {
  if (!call.server || !call.tool || !of_server(failed.code())) return nullptr;
  const auto member = roster_->find(call.server->key());
  if (!member || member->definition().fallback.empty()) return nullptr;
  const recovery::Facts facts = upstream::facts_of(call);
  if (!recovery::may_repeat(failed, facts)) return nullptr;
  const recovery::Decision decision = policy_.decide(failed, facts);
  const bool elsewhere = decision.wanted == Strategy::retry || decision.wanted == Strategy::fallback;
  if (decision.rule && !elsewhere) return nullptr;
  return roster_->find(member->definition().fallback);
}

Task<pipeline::Reply> Fallback::elsewhere(pipeline::Call& call, Error first) {
  const auto server = call.server;
  const auto tool = call.tool;
  const bool idempotent = call.idempotent;
  const auto recovered = call.recovery;
  Error failed = first;
  Executed executed = first.executed();  // of all of them together
  bool asked = false;
  while (const auto member = stand_in(call, failed)) {
    asked = true;
    call.stand_in = {member->key(), tool->name};
    Result<pipeline::Reply> reply = co_await next().call(call);
    if (reply) {
      if (auto* const answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&*reply))
        (*answer)->degraded = Code::recovery_fallback_used;
      pipeline::note_recovery(call, *metrics_, first, Strategy::fallback, Outcome::recovered);
      co_return reply;
    }
    failed = std::move(reply).error();
    executed = std::max(executed, failed.executed());
  }
  if (!asked) co_return Failure(std::move(first));
  call.stand_in = {};
  call.server = server;
  call.tool = tool;
  call.idempotent = idempotent;
  call.recovery = recovered;
  const bool left = failed.code() == Code::proto_cancelled;
  pipeline::note_recovery(call, *metrics_, first, Strategy::fallback,
                          left ? Outcome::abandoned : Outcome::gave_up);
  if (left) co_return Failure(failed.with_executed(executed).with_cause(first));
  co_return Failure(
      first.with_executed(executed).with_extra("fallback", std::string(wire_name(failed.code()))));
}

}  // namespace sallyport::layers
