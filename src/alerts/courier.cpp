#include "alerts/courier.hpp"

#include "telemetry/metrics_names.hpp"

namespace sallyport::alerts {
namespace {

std::chrono::milliseconds pause_before(int attempt) {
  const auto pause = Courier::first_pause * (1 << (attempt - 2));
  return pause + std::chrono::milliseconds(
                     static_cast<std::int64_t>(static_cast<double>(pause.count()) * 0.5 * random_share()));
}

}  // namespace

Courier::Courier(task::Loop& loop, telemetry::Registry& metrics, std::string_view name)
    : loop_(&loop), metrics_(&metrics), name_(name), group_(loop) {}

Courier::~Courier() = default;

void Courier::count(std::string_view outcome, std::uint64_t alerts) {
  metrics_->counter(telemetry::metrics::alerts, {name_, outcome}).increment(alerts);
}

void Courier::set_sink(std::shared_ptr<Sink> sink) {
  sink_ = std::move(sink);
  if (sink_ || queue_.empty()) return;
  count("dropped", queue_.size());
  queue_.clear();
}

void Courier::add(const Alert& alert) {
  if (!sink_) return;
  if (queue_.size() >= max_waiting || finishing_) return count("dropped");
  queue_.push_back(alert);
  if (!running_) group_.spawn(run());
}

Task<void> Courier::run() {
  running_ = true;
  while (!queue_.empty()) {
    const Alert alert = std::move(queue_.front());
    queue_.pop_front();
    const bool sent = CO_TRY(co_await deliver(alert));
    count(sent ? "sent" : "failed");
  }
  running_ = false;
  co_return ok();
}

Task<bool> Courier::deliver(const Alert& alert) {
  for (int attempt = 1;; ++attempt) {
    const std::shared_ptr<Sink> sink = sink_;
    if (!sink) co_return false;
    const Result<void> sent = co_await sink->send(alert);
    if (sent) co_return true;
    const Error& error = sent.error();
    if (error.code() == Code::proto_cancelled) co_return Failure(error);
    if (attempt == attempts || !error.can_retry() || finishing_) {
      if (const auto suppressed = said_.pass(loop_->now()))
        log::warn("an alert was not delivered", {{"sink", name_},
                                                 {"alert", wire_name(alert.code)},
                                                 {"attempts", attempt},
                                                 {"error", error},
                                                 {"suppressed", *suppressed}});
      co_return false;
    }
    CO_TRY(co_await pause(loop_->now() + pause_before(attempt + 1)));
  }
}

// Ends early when nobody has the time for pauses any more.
Task<void> Courier::pause(SteadyTime until) {
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  pausing_ = &scope;
  const auto sleep = [](task::Timers& timers, SteadyTime when) -> Task<void> {
    co_return co_await task::Sleep(timers, when);
  };
  Result<void> slept = co_await sleep(loop_->timers(), until).in(scope);
  pausing_ = nullptr;
  if (!slept && !outer.cancelled()) co_return ok();
  co_return slept;
}

Task<void> Courier::finish(SteadyTime until) {
  finishing_ = true;
  if (pausing_) pausing_->cancel(task::CancelReason::shutdown);
  task::Timer limit(loop_->timers(), until, [this] { group_.cancel(task::CancelReason::shutdown); });
  task::Scope joining;
  (void)co_await group_.join().in(joining);
  if (!queue_.empty()) count("dropped", queue_.size());
  queue_.clear();
  co_return ok();
}

}  // namespace sallyport::alerts
