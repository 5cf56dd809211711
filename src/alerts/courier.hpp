// The way of alerts to one receiver: a bounded queue, a few attempts with pauses, and nothing that waits for
// it.
#pragma once

#include "alerts/sink.hpp"
#include "task/group.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <string_view>

namespace sallyport::alerts {

class Courier {
 public:
  static constexpr std::size_t max_waiting = 100;  // what comes beyond is dropped: the first ones tell most
  static constexpr int attempts = 4;
  static constexpr std::chrono::milliseconds first_pause{500};  // doubled with each, and up to a half more

  // `name`: the receiver's, for metrics and log.
  Courier(task::Loop& loop, telemetry::Registry& metrics, std::string_view name);
  ~Courier();  // after finish()

  // Null: nobody is told from now on. An attempt that is under way ends as it began.
  void set_sink(std::shared_ptr<Sink> sink);
  bool has_sink() const noexcept { return sink_ != nullptr; }

  void add(const Alert& alert);
  std::size_t waiting() const noexcept { return queue_.size(); }

  // Sends what waits, without pauses; what is left at `until` is lost.
  Task<void> finish(SteadyTime until);

 private:
  Task<void> run();
  Task<bool> deliver(const Alert& alert);
  Task<void> pause(SteadyTime until);
  void count(std::string_view outcome, std::uint64_t alerts = 1);

  task::Loop* loop_;
  telemetry::Registry* metrics_;
  std::string_view name_;
  std::shared_ptr<Sink> sink_;
  std::deque<Alert> queue_;
  bool running_ = false;
  bool finishing_ = false;
  task::Scope* pausing_ = nullptr;  // that of the pause between two attempts
  log::Limiter said_{std::chrono::minutes(1)};
  task::Group group_;
};

}  // namespace sallyport::alerts
