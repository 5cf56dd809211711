// Holds the arguments of a tool call against the tool's input schema before the server is asked.
#pragma once

#include "pipeline/call.hpp"
#include "schema/schema.hpp"
#include "task/timers.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::layers {

class Validate final : public pipeline::Layer {
 public:
  Validate(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::Registry& metrics)
      : Layer(std::move(next)), timers_(&timers), metrics_(&metrics) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  // The refusal; nothing if the call goes on.
  std::optional<Error> judge(const pipeline::Call& call);
  void count(const pipeline::Call& call, std::string_view outcome);  // a literal
  void log(const pipeline::Call& call, const schema::Misfit& misfit);

  task::Timers* timers_;
  telemetry::Registry* metrics_;
  std::map<std::string, std::map<std::string_view, telemetry::Counter*>, std::less<>> counters_;  // by server
  log::Limiter limiter_;
};

}  // namespace sallyport::layers
