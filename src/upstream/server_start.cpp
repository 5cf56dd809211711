// How a server comes up: who may try it when, the connection or process, and what it lists first.
#include "classify/refine.hpp"
#include "client/http_channel.hpp"
#include "client/sse_channel.hpp"
#include "client/stdio_channel.hpp"
#include "telemetry/log.hpp"
#include "upstream/failures.hpp"
#include "upstream/fetch.hpp"
#include "upstream/server.hpp"

namespace sallyport::upstream {
namespace {

constexpr std::chrono::milliseconds short_wait{2000};  // a caller waits for a restart that is this near
constexpr std::chrono::milliseconds http_retry_gap{
    200};  // an HTTP server that is down is asked again by a call

Error timed_out(std::chrono::milliseconds limit, const Error& cancelled) {
  return classify::out_of_time(cancelled, limit)
      .with_executed(Executed::no)
      .with_phase(cancelled.phase().value_or(Phase::wait));
}

}  // namespace

bool Server::may_try_now() const {
  if (state_ != State::down) return true;
  if (breaker().state() != Breaker::State::closed) return false;  // the next start is its probe
  const SteadyTime now = loop_->now();
  if (retry_at_ <= now) return true;
  return !target_.is_stdio() && now - http_retry_gap >= down_at_;
}

Task<void> Server::ready() {
  if (state_ == State::up) co_return ok();
  if (stopping_ || state_ == State::disabled) co_return Failure(unavailable());
  if (!starting_.flying() && !may_try_now()) {
    if (retry_at_ - loop_->now() > short_wait || breaker().state() != Breaker::State::closed)
      co_return Failure(unavailable());
    CO_TRY(co_await task::Sleep(loop_->timers(), retry_at_));
  }
  if (state_ == State::up) co_return ok();
  const Result<void> started = co_await starting_.run([this] { return start(); });
  if (started || started.error().code() == Code::proto_cancelled) co_return started;
  co_return Failure(unavailable());
}

Task<void> Server::start() {
  retry_.cancel();
  if (stopping_) co_return Failure(unavailable());
  ++starts_;
  set_state(State::starting);
  changed_ = {};
  const SteadyTime until = loop_->now() + settings_->start;
  const auto give_up = [this](const Error& cancelled) { return timed_out(settings_->start, cancelled); };
  Result<std::shared_ptr<client::Channel>> channel =
      co_await task::with_deadline(loop_->timers(), until, open(), give_up);
  if (channel) {
    Result<std::shared_ptr<const Listing>> listed;
    if (!is_instance()) {
      listed = co_await fetch_lists(*loop_, **channel, target_, *settings_, protocol::Topics::all(), nullptr);
    }
    if (listed && !lost_early_) {
      channel_ = std::move(*channel);
      listing_ = std::move(*listed);
      unlist_.cancel();
      last_error_.reset();
      backoff_.up(loop_->now());
      last_caller_.clear();
      set_state(State::up);
      if (is_instance()) {
        log::debug("an instance is up", {{"server", target_.key}, {"owner", owner_}});
      } else {
        log::info("server is up",
                  {{"server", target_.key}, {"revision", protocol::name(channel_->revision())}});
      }
      stale_ = {};
      observer_->listed(*this, true);
      if (!changed_.empty()) refresh_soon();
      session_renewed();
      ended_probe(true);
      co_return ok();
    }
    close(std::move(*channel));
    channel = fail(lost_early_ ? *lost_early_ : std::move(listed).error());
  }
  lost_early_.reset();
  const Error error = as_discovery(channel.error());
  if (error.code() == Code::proto_cancelled) co_return Failure(error);
  note_failed_start(channel.error());
  went_down(error);
  co_return Failure(error);
}

Task<std::shared_ptr<client::Channel>> Server::open() {
  lost_early_.reset();
  if (target_.is_stdio()) co_return co_await open_child();
  const client::HttpEnvironment environment{*loop_, target_, *settings_, *budget_, *this, declares_};
  auto channel = co_await client::HttpChannel::open(environment, era_);
  if (!channel && client::SseChannel::is_hinted_by(channel.error()) &&
      (!era_ || protocol::era(*era_) == protocol::Era::legacy))
    co_return co_await open_sse(std::move(channel).error());
  if (!channel) co_return Failure(std::move(channel).error());
  era_ = (*channel)->revision();
  co_return std::shared_ptr<client::Channel>(std::move(*channel));
}

// It took no POST: perhaps it speaks the transport of 2024-11-05. What it said first stands if it does not.
Task<std::shared_ptr<client::Channel>> Server::open_sse(Error refused) {
  auto channel = co_await client::SseChannel::open({*loop_, target_, *settings_, *budget_, *this, declares_});
  if (!channel && client::SseChannel::is_hinted_by(channel.error())) co_return Failure(std::move(refused));
  if (!channel) co_return Failure(std::move(channel).error());
  log::info("server speaks HTTP+SSE, the transport of 2024-11-05", {{"server", target_.key}});
  co_return std::shared_ptr<client::Channel>(std::move(*channel));
}

Task<std::shared_ptr<client::Channel>> Server::open_child() {
  const client::StdioChannel::Environment environment{*loop_, target_, *settings_, *budget_,
                                                      *this,  stderr_, declares_};
  if (!observer_->take_child()) {
    co_return Failure(Error(Code::limit_quota)
                          .with_executed(Executed::no)
                          .with_slot(Slot::limit, settings_->children)
                          .with_slot(Slot::server, target_.key));
  }
  auto channel = co_await client::StdioChannel::open(environment, era_);
  // Some servers end on a request before `initialize`: that is legacy evidence, and the next child is not
  // asked.
  if (!channel && !era_ && channel.error().code() == Code::tool_server_unavailable) {
    channel = co_await client::StdioChannel::open(environment, protocol::latest_legacy);
  }
  if (!channel) {
    observer_->give_child();
    co_return Failure(std::move(channel).error());
  }
  era_ = (*channel)->revision();
  pid_ = (*channel)->pid();
  co_return std::shared_ptr<client::Channel>(std::move(*channel));
}

}  // namespace sallyport::upstream
