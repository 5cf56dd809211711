// The way of one kind of telemetry to its collector: a bounded queue, sent in batches, with pauses after
// failures.
#pragma once

#include "task/group.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/otlp_text.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::telemetry {

// Where reports go.
class OtlpCollector {
 public:
  virtual ~OtlpCollector() = default;
  // Gives how many records of the report were not taken. Errors are TELEM_001 to TELEM_003; `can_retry` says
  // whether the report may be sent again, `retry_after` when at the soonest.
  virtual Task<std::uint64_t> send(Signal signal, std::string_view report) = 0;
};

struct OtlpLimits {
  std::size_t records = 2048;  // that wait; what is being sent comes on top, one batch
  std::size_t bytes = std::size_t{4} << 20;
  std::size_t batch_records = 512;
  std::size_t batch_bytes = std::size_t{1} << 20;
  std::chrono::milliseconds delay{1000};  // how long a record waits for others
  std::chrono::milliseconds first_pause{1000};
  std::chrono::milliseconds longest_pause{60'000};  // doubled up to it; a collector may ask for more, once
};

// Whoever adds never waits and never fails: what finds no room costs the oldest, and a counter. After a
// failure that may pass the batch goes back to the front and a pause begins, up to twice as long each time;
// after another one the batch is lost, and the pause begins too.
class OtlpSender {
 public:
  OtlpSender(task::Loop& loop, OtlpCollector& collector, Registry& metrics, Signal signal,
             const OtlpService& service, OtlpLimits limits = {});
  ~OtlpSender();  // after finish()

  void add(std::string record);
  // For what only the latest state of is worth sending: takes the place of all that waits.
  void replace(std::vector<std::string> records);

  // Sends what waits, until nothing does, the collector fails or `until` has come; what is left is lost and
  // counted.
  Task<void> finish(SteadyTime until);

  std::size_t waiting() const noexcept { return queue_.size(); }
  std::size_t waiting_bytes() const noexcept { return bytes_; }

 private:
  void push(std::string record);
  void trim();
  void drop(std::size_t records, std::string_view reason);
  void schedule();
  void start();
  Task<void> run();
  std::deque<std::string> take_batch();
  std::string report_of(const std::deque<std::string>& batch) const;
  void delivered(std::size_t records, std::uint64_t rejected);
  void failed(std::deque<std::string> batch, const Error& error);

  task::Loop* loop_;
  OtlpCollector* collector_;
  Registry* metrics_;
  Signal signal_;
  OtlpEnvelope envelope_;
  OtlpLimits limits_;
  std::deque<std::string> queue_;
  std::size_t bytes_ = 0;
  SteadyTime blocked_until_{};
  std::chrono::milliseconds pause_;
  bool sending_ = false;
  bool finishing_ = false;
  log::Limiter said_{std::chrono::minutes(1)};
  task::Timer timer_;
  task::Group group_;
};

}  // namespace sallyport::telemetry
