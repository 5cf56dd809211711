// Counts and logs every call as its caller sees it: the outermost layer.
#pragma once

#include "pipeline/call.hpp"
#include "task/timers.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <unordered_map>

namespace sallyport::layers {

class Telemetry final : public pipeline::Layer {
 public:
  Telemetry(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::Registry& metrics)
      : Layer(std::move(next)), timers_(&timers), metrics_(&metrics) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  void count_call(const pipeline::Call& call, std::string_view code,
                  std::chrono::steady_clock::duration took);
  void count_refusal(const Error& error);

  task::Timers* timers_;
  telemetry::Registry* metrics_;
  // The series of what succeeds, looked up once: by server and tool.
  struct Hot {
    telemetry::Counter* ok;
    telemetry::Histogram* duration;
  };
  std::unordered_map<const void*, Hot> hot_;  // by tool; bounded with the metric's own series
};

}  // namespace sallyport::layers
