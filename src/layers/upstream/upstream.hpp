// The end of the stack: sends the call to its server and brings the answer back.
#pragma once

#include "client/channel.hpp"
#include "pipeline/call.hpp"
#include "task/timers.hpp"
#include "telemetry/call_record.hpp"

namespace sallyport::layers {

class Upstream final : public pipeline::Service {
 public:
  // `subscriptions`: how many one client may have.
  Upstream(task::Timers& timers, const telemetry::CallHub& hub, std::uint32_t subscriptions) noexcept
      : timers_(&timers), hub_(&hub), subscriptions_(subscriptions) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> subscribe(pipeline::Call& call);
  Task<std::unique_ptr<pipeline::Answer>> traced(pipeline::Call& call, client::Outgoing& outgoing);

  task::Timers* timers_;
  const telemetry::CallHub* hub_;
  std::uint32_t subscriptions_;
};

}  // namespace sallyport::layers
