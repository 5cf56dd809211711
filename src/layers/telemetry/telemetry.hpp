// Counts every request as its caller sees it and tells who listens: the outermost layer.
#pragma once

#include "pipeline/call.hpp"
#include "task/timers.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"

#include <map>
#include <memory>
#include <string_view>

namespace sallyport::layers {

class Telemetry final : public pipeline::Layer {
 public:
  Telemetry(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::Registry& metrics,
            const telemetry::CallHub& hub)
      : Layer(std::move(next)), timers_(&timers), metrics_(&metrics), hub_(&hub) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  void count_call(const pipeline::Call& call, std::string_view code,
                  std::chrono::steady_clock::duration took);
  void count_refusal(const telemetry::Outcome& outcome);
  void report(const pipeline::Call& call, const telemetry::Outcome& outcome, const Error* error,
              std::chrono::steady_clock::duration took) const;

  task::Timers* timers_;
  telemetry::Registry* metrics_;
  const telemetry::CallHub* hub_;
  // The series of what succeeds, looked up once a tool. Weak and by owner: a tool that is gone leaves no
  // address behind that another one could be taken for.
  struct Hot {
    telemetry::Counter* ok;
    telemetry::Histogram* duration;
  };
  std::map<std::weak_ptr<const upstream::Tool>, Hot, std::owner_less<>>
      hot_;  // bounded as the metric's own series
};

}  // namespace sallyport::layers
