// The gateway without its listeners: the servers, what lives on through a reload, and the graph that calls
// pass through.
#pragma once

#include "alerts/alerts.hpp"
#include "gateway/graph.hpp"
#include "layers/asking/suspended_calls.hpp"
#include "layers/rate/token_buckets.hpp"
#include "net/budget.hpp"
#include "pipeline/front.hpp"
#include "pipeline/round_table.hpp"
#include "session/registry.hpp"
#include "session/request_state.hpp"
#include "telemetry/audit_log.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"
#include "upstream/fleet.hpp"
#include "upstream/following.hpp"
#include "upstream/tasks.hpp"

#include <array>
#include <memory>
#include <optional>

namespace sallyport::gateway {

class Gateway final : public pipeline::Front, private upstream::FleetObserver {
 public:
  using Audit = std::shared_ptr<telemetry::AuditLog>;  // null: no record is kept
  Gateway(task::Loop& loop, const config::Config& config, telemetry::Registry& metrics, Audit audit = {});
  ~Gateway() override;

  Task<pipeline::Reply> call(pipeline::Call& call) override;
  protocol::CanonicalFailure failure(const Error& error, const CorrelationId& correlation) override;
  void refused(const Error& error, const pipeline::Refusal& request) override;
  std::optional<Error> admit(const net::Peer& peer) override;
  void answered(protocol::Era era, protocol::Method method, int status) override;
  void delivered(pipeline::Delivery what) override;
  bool draining() const override { return draining_; }
  // Neither draining nor refusing calls for want of an audit record.
  bool ready() const {
    return !draining_ && (!graph_->audit || !graph_->audit->refuses() || graph_->audit->healthy());
  }
  bool has_endpoint(std::string_view server) const override { return fleet_.current()->has_endpoint(server); }
  Subscription subscribe(std::string_view endpoint, pipeline::Listener& listener) override;

  // Puts another configuration in force: calls that come from now on go by it, those under way end as they
  // began. What did not change of the servers lives on.
  upstream::FleetChange reload(const config::Config& config, Audit audit = {});
  const config::Config& config() const noexcept { return graph_->config; }

  // As Fleet::replace, under `timeouts.shutdown`: calls that come from now on find the new one.
  std::shared_ptr<upstream::Farewell> replace_server(std::string_view key, upstream::Replacement with);

  upstream::Fleet& fleet() noexcept { return fleet_; }
  net::Budget& budget() noexcept { return budget_; }
  telemetry::CallHub& calls() noexcept { return calls_; }
  alerts::Alerts& alerts() noexcept { return alerts_; }

  // From now on these seal what clients bring back; as RequestStates::set_keys. Until then it is a key that
  // only this process knows.
  void set_seal_keys(std::vector<SealKey> keys) { request_states_.set_keys(std::move(keys)); }

  // From now on every request is refused with LIMIT_008, so that nobody can come back to a call either.
  void drain() {
    draining_ = true;
    suspended_.end_all();
  }
  // Until no call is under way, at most until `until`; what is then left ends with LIMIT_008.
  Task<void> finish_calls(SteadyTime until);
  // Ends all upstreams; nothing that they started is left.
  Task<void> stop();

 private:
  void state_changed(const upstream::Server& server) override;
  void garbage(const upstream::Server& server, std::string_view kind) override;
  void late_answer(const upstream::Server& server) override;
  void timeout_step(const upstream::Server& server, std::string_view step) override;
  void fault_injected(const upstream::Server& server, client::Fault fault) override;
  void breaker_changed(const upstream::Server& server, const upstream::Breaker::Part& part) override;
  void concurrency_changed(const upstream::Server& server) override;
  void instances_changed(const upstream::Server& server) override;
  void instance_restarted(const upstream::Server& server) override;
  std::shared_ptr<const Graph> build_graph(const config::Config& config, Audit audit);
  std::unique_ptr<pipeline::Service> build_stack(const config::Config& config, upstream::Roster& roster,
                                                 telemetry::AuditLog* audit);
  void set_limits(const config::Config& config);
  void forget_open_parts(const std::string& key);
  void quarantine(const std::string& key, Code because);
  Error draining_error() const;
  pipeline::Failed refuse_draining(const pipeline::Call& call);

  task::Loop* loop_;
  telemetry::Registry* metrics_;
  telemetry::CallHub calls_;
  alerts::Alerts alerts_;
  net::Budget budget_;
  net::Budget suspended_bytes_;
  upstream::TaskTable tasks_;
  upstream::Following following_;
  upstream::Fleet fleet_;
  layers::TokenBuckets rate_limit_{{}};
  layers::TokenBuckets source_limit_{{}};
  // Whoever may be refused as often as they like shall not fill a disk with it.
  layers::TokenBuckets refusals_recorded_{{20, std::chrono::seconds(1)}};
  std::uint64_t refusals_unrecorded_ = 0;
  std::shared_ptr<const Graph> graph_;
  bool limit_loopback_ = false;  // only if the operator wrote `limits.source`
  bool draining_ = false;
  std::array<telemetry::Counter*, 2 * protocol::method_count> answered_{};  // with 200, by method and era
  session::LogDemand log_demand_;
  session::RequestStates request_states_;
  pipeline::RoundTable rounds_;
  layers::SuspendedCalls suspended_;
  session::RunningCalls running_;  // all calls under way, whoever made them
  task::Event idle_;
};

}  // namespace sallyport::gateway
