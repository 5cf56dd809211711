// What is done about a server that does not answer in time, when its call was cancelled already: one that
// serves nothing else is killed; one that others use is asked whether it lives, and only started again if it
// does not.
#include "telemetry/log.hpp"
#include "upstream/server.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

constexpr std::size_t max_doubted = 64;
constexpr std::chrono::minutes restart_pause{1};  // the longest pause of the back-off

Error hung() {
  return Error(Code::tool_server_unavailable)
      .with_executed(Executed::maybe)
      .with_can_retry(true)
      .with_phase(Phase::wait)
      .with_developer_message("the server answered neither a call nor a ping, and was started again");
}

}  // namespace

// `others_answered`: the server works, so it is the tool that hangs. Otherwise that is found out.
void Server::note_timeout(const client::Outgoing& outgoing, bool others_answered) {
  const bool tool = outgoing.method == protocol::Method::tools_call;
  if (others_answered) {
    if (tool) guard_->breaker_.tool_failed(loop_->now(), outgoing.caller, outgoing.name);
    return guard_->tell_of_breaker();
  }
  if (tool && doubted_.size() < max_doubted)
    doubted_.push_back({std::string(outgoing.caller), std::string(outgoing.name)});
  if (escalating_ || stopping_) return;
  escalating_ = true;
  const auto grace = outgoing.timer ? outgoing.timer->given() / 5 : std::chrono::milliseconds(0);
  group_.spawn(escalate(channel_, std::string(outgoing.caller), guard_->answers_, grace));
}

Task<void> Server::escalate(std::shared_ptr<client::Channel> channel, std::string caller,
                            std::uint64_t answers, std::chrono::milliseconds grace) {
  const Result<void> waited = co_await task::Sleep(loop_->timers(), loop_->now() + grace);
  const auto settled = [&] { return !waited || channel != channel_ || answers != guard_->answers_; };
  if (!settled() && is_instance() && target_.is_stdio() && in_flight_ == 0) {
    observer_->timeout_step(*this, "killed");
    restart_hung(caller);
  } else if (!settled()) {
    observer_->timeout_step(*this, "pinged");
    const Result<void> alive = co_await ask_if_alive(*channel);
    const bool hangs = !alive && alive.error().code() == Code::network_timeout && answers == guard_->answers_;
    if (channel == channel_ && hangs) {
      if (!target_.is_stdio()) {
        blame_doubted(false);
      } else if (may_restart(caller)) {
        observer_->timeout_step(*this, "restarted");
        restart_hung(caller);
      } else {
        observer_->timeout_step(*this, "spared");
        blame_doubted(false);
      }
    }
  }
  blame_doubted(true);
  escalating_ = false;
  co_return ok();
}

// Its other calls end with what the channel knows of each; all of it is one failure, of this caller.
void Server::restart_hung(std::string_view caller) {
  doubted_.clear();
  ++incident_;
  note_failure(caller, incident_);
  log::warn("a server that hangs is started again", {{"server", target_.key}, {"caller", caller}});
  drop_channel(hung());
}

bool Server::may_restart(std::string_view caller) {
  const SteadyTime now = loop_->now();
  std::erase_if(restarts_, [&](const auto& each) { return each.second + restart_pause <= now; });
  const auto before =
      std::ranges::find(restarts_, caller, [](const auto& each) -> std::string_view { return each.first; });
  if (before != restarts_.end()) return false;
  restarts_.emplace_back(caller, now);
  return true;
}

void Server::blame_doubted(bool server_answers) {
  for (const auto& [caller, tool] : std::exchange(doubted_, {})) {
    if (server_answers) {
      guard_->breaker_.tool_failed(loop_->now(), caller, tool);
    } else {
      guard_->breaker_.failed(loop_->now(), caller);
    }
  }
  guard_->tell_of_breaker();
}

}  // namespace sallyport::upstream
