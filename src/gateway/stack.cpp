// The path of a call, in one expression: the order of the layers and the reason for each place.
#include "pipeline/stack.hpp"

#include "gateway/gateway.hpp"
#include "layers/asking/asking.hpp"
#include "layers/attempt/attempt.hpp"
#include "layers/audit/audit.hpp"
#include "layers/concurrency/concurrency.hpp"
#include "layers/deadline/deadline.hpp"
#include "layers/fallback/fallback.hpp"
#include "layers/isolation/isolation.hpp"
#include "layers/rate/rate.hpp"
#include "layers/render/render.hpp"
#include "layers/resolve/resolve.hpp"
#include "layers/retry/retry.hpp"
#include "layers/rounds/rounds.hpp"
#include "layers/route/route.hpp"
#include "layers/tasks/tasks.hpp"
#include "layers/telemetry/telemetry.hpp"
#include "layers/upstream/upstream.hpp"
#include "layers/validate/validate.hpp"

#include <algorithm>

namespace sallyport::gateway {

std::unique_ptr<pipeline::Service> Gateway::build_stack(const config::Config& config,
                                                        upstream::Roster& roster,
                                                        telemetry::AuditLog* audit) {
  using pipeline::layer;
  using pipeline::layer_if;
  task::Timers& timers = loop_->timers();
  layers::TokenBuckets* const rate = config.limits.rate ? &rate_limit_ : nullptr;
  const bool by_source = config.limits.per == config::LimitBy::source;
  const config::Timeouts& timeouts = config.timeouts;

  const recovery::Policy policy(config.recovery);
  const recovery::BudgetLimit budget{config.retry_budget.share, config.retry_budget.floor.count,
                                     config.retry_budget.floor.per};

  const bool has_fallback =
      std::ranges::any_of(config.servers, [](const auto& server) { return !server.fallback.empty(); });

  return pipeline::stack(
      // Front: every request.
      layer<layers::Telemetry>(timers, *metrics_, calls_),       // outermost: counts what the client sees
      layer<layers::Render>(),                                   // the last place where an Error exists
      layer_if<layers::Audit>(audit != nullptr, timers, audit),  // sees what all below refuse
      layer<layers::Rounds>(request_states_, rounds_),           // who comes back was counted before
      layer<layers::Rate>(timers, rate, by_source),              // before any work is done for the caller
      layer<layers::Route>(timers, *metrics_,
                           roster),  // lists and handshakes end here, answered from the caller's view
      // Calls.
      layer<layers::Deadline>(timers, *metrics_, timeouts.tool, timeouts.tool_max,
                              policy),  // the whole call, waiting for a start included
      layer_if<layers::Fallback>(has_fallback, roster, *metrics_,
                                 policy),          // what stands in is found and checked as itself
      layer<layers::Resolve>(timers, roster),      // which tool; sets its own time limit
      layer<layers::Validate>(timers, *metrics_),  // its schema is known now, and nobody was asked yet
      layer<layers::Tasks>(*loop_, roster, tasks_,
                           following_),  // calls that go on behind a handle, and those about them
      layer<layers::Asking>(*loop_, roster, layers::Asking::Keeps{request_states_, suspended_, budget_},
                            config.suspended.expiry),  // goes on with the call once its caller answered
      layer<layers::Isolation>(),                      // the caller's own instance of it
      layer<layers::Concurrency>(config.limits.concurrency,
                                 config.limits.adaptive_concurrency),  // needs to know the server
      layer<layers::Retry>(timers, *metrics_, policy,
                           budget),  // with one place at the server for all attempts
      layer_if<layers::Attempt>(policy.limits_attempts(), timers, policy),  // the time of one of them
      std::make_unique<layers::Upstream>(timers, calls_, config.limits.subscriptions));
}

}  // namespace sallyport::gateway
