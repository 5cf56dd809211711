// What a server's breaker makes of its failures, and the question that closes it again. While the breaker is
// open for all calls, nothing but its probe reaches the server: of one that is down, its start is the probe.
#include "classify/refine.hpp"
#include "telemetry/log.hpp"
#include "upstream/failures.hpp"
#include "upstream/server.hpp"

namespace sallyport::upstream {
namespace {

constexpr std::chrono::milliseconds probe_patience{5000};

bool is_rejection(int status) {
  return status >= 400 && status < 500;
}

}  // namespace

Error Server::breaker_error(const Breaker::Refusal& refusal) const {
  return away().with_retry_after(refusal.retry_after).with_extra("breaker", std::string(name(refusal.scope)));
}

void Server::note_failure(std::string_view caller, std::uint64_t incident) {
  guard_->breaker_.failed(loop_->now(), caller, incident);
  guard_->tell_of_breaker();
}

// A start reaches nobody's arguments: it is the server that failed, unless it only refused us, or we had no
// place for it.
void Server::note_failed_start(const Error& error) {
  ended_probe(false);
  const bool ours = error.code() == Code::limit_quota || error.code() == Code::limit_too_many_instances;
  if (!ours && !is_rejection(error.status_code().value_or(0))) note_failure({});
}

void Server::note_failed_request(const client::Channel& channel, const client::Outgoing& outgoing,
                                 const Error& error) {
  if (error.code() == Code::proto_cancelled) return;
  if (never_connected(error)) {
    if (&channel == channel_.get()) note_failure({});
    return;
  }
  // Its process or connection ended, for all who waited.
  if (&channel != channel_.get()) return note_failure(outgoing.caller, incident_);
  if (is_failure_of_server(error)) note_failure(outgoing.caller);
}

// What its answer, or the want of one, says of how many calls it can take at a time.
void Server::note_load(const Error* error) {
  if (!settings_->adaptive_concurrency) return;
  const std::uint32_t most = settings_->concurrency;
  const bool overloaded = error && says_overload(*error);
  if (error && !overloaded) return;
  recovery::AdaptiveLimit& limit = guard_->adaptive_limit_;
  const bool changed =
      overloaded ? limit.overloaded(load(), most, loop_->now()) : limit.answered(load(), most);
  if (!changed) return;
  guard_->observer_->concurrency_changed(*guard_);
  if (!overloaded) return;
  if (const auto suppressed = guard_->overload_said_.pass(loop_->now())) {
    log::warn("a server is overloaded: fewer calls at a time go to it",
              {{"server", target_.key}, {"limit", concurrency_limit()}, {"suppressed", *suppressed}});
  }
}

void Server::ended_probe(bool answered) {
  if (guard_ != this) return;
  breaker_.probed(loop_->now(), answered);
  tell_of_breaker();
}

void Server::tell_of_breaker() {
  for (const Breaker::Part& part : breaker_.take_changes()) {
    observer_->breaker_changed(*this, part);
    const std::string_view scope = name(part.scope);
    if (part.state == Breaker::State::open) {
      log::warn("a breaker is open", {{"server", target_.key},
                                      {"scope", scope},
                                      {"tool", part.tool},
                                      {"caller", part.caller},
                                      {"retry_in_ms", part.probe_in.count()}});
    } else if (part.state == Breaker::State::closed) {
      log::info("a breaker is closed",
                {{"server", target_.key}, {"scope", scope}, {"tool", part.tool}, {"caller", part.caller}});
    }
  }
  wind_probe();
}

void Server::wind_probe() {
  const auto due = breaker_.next_probe();
  // Of one that is down the next start is the probe; what is open besides is asked about when it is up. One
  // that was never started has been asked for by instances only.
  if (!due || stopping_ || retired_ || (state_ != State::up && state_ != State::idle)) return probe_.cancel();
  probe_.start(*due, [this] { group_.spawn(probe()); });
}

Task<void> Server::probe() {
  breaker_.probing(loop_->now());
  const std::shared_ptr<client::Channel> channel = channel_;
  tell_of_breaker();
  if (!channel) co_return co_await starting_.run([this] { return start(); });
  const Result<void> answered = co_await ask_if_alive(*channel);
  if (!answered && answered.error().code() == Code::proto_cancelled) co_return ok();
  ended_probe(answered.has_value());
  if (answered || channel != channel_) co_return ok();
  note_failure({});
  if (never_connected(answered.error())) drop_channel(answered.error());
  co_return ok();
}

Task<void> Server::ask_if_alive(client::Channel& channel) {
  client::Outgoing ask;
  ask.method = protocol::era(channel.revision()) == protocol::Era::modern ? protocol::Method::server_discover
                                                                          : protocol::Method::ping;
  ask.repeatable = true;
  auto answer = co_await task::with_deadline(
      loop_->timers(), loop_->now() + probe_patience, channel.request(ask),
      [](const Error& cancelled) { return classify::out_of_time(cancelled).with_phase(Phase::wait); });
  if (!answer) co_return Failure(std::move(answer).error());
  ++guard_->answers_;
  co_return ok();
}

}  // namespace sallyport::upstream
