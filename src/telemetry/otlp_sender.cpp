#include "telemetry/otlp_sender.hpp"

#include "base/ids.hpp"
#include "telemetry/metrics_names.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport::telemetry {
namespace {

// Between half of a pause and all of it: gateways that lost a collector together do not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds pause) {
  const auto half = static_cast<std::uint64_t>(pause.count()) / 2;
  return std::chrono::milliseconds(half + random_u64() % (half + 1));
}

}  // namespace

OtlpSender::OtlpSender(task::Loop& loop, OtlpCollector& collector, Registry& metrics, Signal signal,
                       const OtlpService& service, OtlpLimits limits)
    : loop_(&loop),
      collector_(&collector),
      metrics_(&metrics),
      signal_(signal),
      envelope_(otlp_envelope(signal, service)),
      limits_(limits),
      pause_(limits.first_pause),
      timer_(loop.timers()),
      group_(loop) {}

OtlpSender::~OtlpSender() = default;

void OtlpSender::add(std::string record) {
  if (finishing_) return drop(1, "shutdown");
  push(std::move(record));
  trim();
  schedule();
}

void OtlpSender::replace(std::vector<std::string> records) {
  if (finishing_) return;
  if (!queue_.empty()) drop(queue_.size(), "superseded");
  queue_.clear();
  bytes_ = 0;
  for (std::string& record : records) push(std::move(record));
  trim();
  schedule();
}

void OtlpSender::push(std::string record) {
  bytes_ += record.size();
  queue_.push_back(std::move(record));
}

void OtlpSender::trim() {
  std::size_t lost = 0;
  while (queue_.size() > limits_.records || (bytes_ > limits_.bytes && !queue_.empty())) {
    bytes_ -= queue_.front().size();
    queue_.pop_front();
    ++lost;
  }
  if (lost > 0) drop(lost, "queue_full");
}

void OtlpSender::drop(std::size_t records, std::string_view reason) {
  metrics_->counter(metrics::telemetry_dropped, {name(signal_), reason}).increment(records);
}

// Never sends from within: whoever adds may be in the middle of something.
void OtlpSender::schedule() {
  if (sending_ || finishing_ || queue_.empty()) return;
  const SteadyTime now = loop_->now();
  const bool full = queue_.size() >= limits_.batch_records || bytes_ >= limits_.batch_bytes;
  const SteadyTime when = std::max(full ? now : now + limits_.delay, blocked_until_);
  if (!timer_.active() || when < timer_.when()) timer_.start(when, [this] { start(); });
}

void OtlpSender::start() {
  if (sending_ || queue_.empty()) return;
  sending_ = true;
  group_.spawn(run());
}

std::deque<std::string> OtlpSender::take_batch() {
  std::deque<std::string> batch;
  std::size_t size = 0;
  while (!queue_.empty() && batch.size() < limits_.batch_records) {
    size += queue_.front().size();
    if (size > limits_.batch_bytes && !batch.empty()) break;
    bytes_ -= queue_.front().size();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

std::string OtlpSender::report_of(const std::deque<std::string>& batch) const {
  std::string report = envelope_.before;
  for (const std::string& record : batch) {
    if (report.size() > envelope_.before.size()) report += ',';
    report += record;
  }
  return report += envelope_.after;
}

Task<void> OtlpSender::run() {
  bool again = true;
  while (again && !queue_.empty()) {
    std::deque<std::string> batch = take_batch();
    const std::string report = report_of(batch);
    const Result<std::uint64_t> sent = co_await collector_->send(signal_, report);
    if (sent) {
      delivered(batch.size(), *sent);
    } else {
      failed(std::move(batch), sent.error());
    }
    again = sent && (finishing_ || queue_.size() >= limits_.batch_records);
  }
  sending_ = false;
  schedule();
  co_return ok();
}

void OtlpSender::delivered(std::size_t records, std::uint64_t rejected) {
  pause_ = limits_.first_pause;
  blocked_until_ = {};
  const std::size_t lost = static_cast<std::size_t>(std::min<std::uint64_t>(rejected, records));
  metrics_->counter(metrics::telemetry_exported, {name(signal_)}).increment(records - lost);
  if (lost == 0) return;
  drop(lost, "rejected");
  if (const auto suppressed = said_.pass(loop_->now())) {
    log::warn("the collector did not take all of a telemetry report",
              {{"signal", name(signal_)}, {"rejected", lost}, {"suppressed", *suppressed}});
  }
}

void OtlpSender::failed(std::deque<std::string> batch, const Error& error) {
  metrics_->counter(metrics::telemetry_failures, {name(signal_), wire_name(error.code())}).increment();
  // Side work: its failure is nobody's but ours (recovery/outcome.hpp has the words of calls).
  metrics_->counter(metrics::recovery, {"ignore", "ignored", wire_name(error.code()), "telemetry"})
      .increment();
  if (finishing_) return drop(batch.size(), "shutdown");
  const SteadyTime now = loop_->now();
  blocked_until_ =
      now + std::max(error.retry_after().value_or(std::chrono::milliseconds(0)), jittered(pause_));
  pause_ = std::min(pause_ * 2, limits_.longest_pause);
  const std::size_t records = batch.size();
  if (!error.can_retry()) {
    drop(records, "refused");
  } else if (signal_ == Signal::metrics && !queue_.empty()) {
    drop(records, "superseded");
  } else {
    for (const std::string& record : batch) bytes_ += record.size();
    queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()),
                  std::make_move_iterator(batch.end()));
    trim();
  }
  if (const auto suppressed = said_.pass(now)) {
    log::warn("a telemetry report was not delivered", {{"signal", name(signal_)},
                                                       {"error", error},
                                                       {"records", records},
                                                       {"lost", !error.can_retry()},
                                                       {"suppressed", *suppressed}});
  }
}

Task<void> OtlpSender::finish(SteadyTime until) {
  finishing_ = true;
  timer_.cancel();
  start();
  task::Timer limit(loop_->timers(), until, [this] { group_.cancel(task::CancelReason::shutdown); });
  task::Scope joining;
  (void)co_await group_.join().in(joining);
  if (!queue_.empty()) drop(queue_.size(), "shutdown");
  queue_.clear();
  bytes_ = 0;
  co_return ok();
}

}  // namespace sallyport::telemetry
