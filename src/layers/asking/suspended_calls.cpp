#include "layers/asking/suspended_calls.hpp"

#include "telemetry/metrics_names.hpp"
#include "upstream/server.hpp"

#include <algorithm>

namespace sallyport::layers {

SuspendedCalls::SuspendedCalls(task::Loop& loop, telemetry::Registry& metrics, net::Budget& bytes,
                               pipeline::RoundTable& rounds)
    : loop_(&loop), metrics_(&metrics), bytes_(&bytes), rounds_(&rounds), group_(loop) {
  metrics_->sampled(telemetry::metrics::suspended_calls, [this] { return static_cast<double>(size()); });
}

std::shared_ptr<DetachedCall> SuspendedCalls::begin(const pipeline::Call& first, pipeline::Service& below) {
  auto call = std::make_shared<DetachedCall>(*loop_, first);
  group_.spawn(run(call, below));
  return call;
}

Task<void> SuspendedCalls::run(std::shared_ptr<DetachedCall> call, pipeline::Service& below) {
  co_return co_await call->run(below);
}

bool SuspendedCalls::has_room(const pipeline::Principal& principal) const {
  const auto theirs = std::ranges::count_if(
      by_id_, [&](const auto& each) { return each.second.call->call().principal->name == principal.name; });
  return by_id_.size() < limits_.total && static_cast<std::size_t>(theirs) < limits_.per_principal;
}

Result<session::RequestState> SuspendedCalls::suspend(const std::shared_ptr<DetachedCall>& call,
                                                      std::uint32_t round) {
  net::Budget::Charge charge = bytes_->charge();
  bool room = has_room(*call->call().principal);
  while (room && !charge.grow(call->held_bytes())) room = rounds_->shed();
  if (!room) {
    count("refused");
    return fail(Error(Code::limit_too_many_suspended)
                    .with_executed(Executed::maybe)
                    .with_slot(Slot::limit, static_cast<std::int64_t>(limits_.per_principal)));
  }
  const std::string id = new_session_id();
  Suspended& kept = by_id_.try_emplace(id, loop_->timers()).first->second;
  kept.call = call;
  kept.round = round;
  kept.charge = std::move(charge);
  kept.timer.start(loop_->now() + limits_.expiry, [this, id] { expire(id); });
  return session::RequestState{.server = call->call().server->key(),
                               .holds = session::RequestState::Holds::suspended_call,
                               .held = id,
                               .round = round,
                               .correlation = call->call().correlation};
}

std::shared_ptr<DetachedCall> SuspendedCalls::resume(const session::RequestState& state) {
  const auto found = by_id_.find(state.held);
  if (found == by_id_.end() || found->second.round != state.round) return nullptr;
  std::shared_ptr<DetachedCall> call = std::move(found->second.call);
  by_id_.erase(found);
  count("resumed");
  return call;
}

// As if its client had cancelled it: that he is away is no fault of the server.
void SuspendedCalls::expire(const std::string& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const std::shared_ptr<DetachedCall> call = std::move(found->second.call);
  by_id_.erase(found);
  count("expired");
  call->cancel(task::CancelReason::client);
}

void SuspendedCalls::end_all() {
  for (auto& [id, kept] : std::exchange(by_id_, {})) {
    count("shutdown");
    kept.call->cancel(task::CancelReason::shutdown);
  }
}

Task<void> SuspendedCalls::stop() {
  end_all();
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

void SuspendedCalls::count(std::string_view outcome) {
  metrics_->counter(telemetry::metrics::suspended, {outcome}).increment();
}

}  // namespace sallyport::layers
