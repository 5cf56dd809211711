// The server behind its transports: every request of a client, from its bytes to its reply.
#pragma once

#include "pipeline/front.hpp"
#include "server/registry.hpp"
#include "server/suspended.hpp"
#include "server/tasks.hpp"
#include "session/registry.hpp"
#include "task/foreign.hpp"
#include "task/wait.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::server {

class Host final : public pipeline::Front {
 public:
  Host(task::Loop& loop, Registry& registry);
  ~Host() override;

  Task<pipeline::Reply> call(pipeline::Call& call) override;
  protocol::CanonicalFailure failure(const Error& error, const CorrelationId& correlation) override;
  void refused(const Error&, const pipeline::Refusal&) override {}
  std::optional<Error> admit(const net::Peer& peer) override;
  void answered(protocol::Era, protocol::Method, int) override {}
  void delivered(pipeline::Delivery) override {}
  bool draining() const override { return draining_; }
  bool has_endpoint(std::string_view server) const override { return server.empty(); }
  Subscription subscribe(std::string_view endpoint, pipeline::Listener& listener) override;

  // From now on every request is refused with LIMIT_008.
  void drain() noexcept { draining_ = true; }
  // Until no call is under way, at most until `until`; what is then left is cancelled.
  Task<void> finish_calls(SteadyTime until);
  // Cancels what waits for clients to come back, and tasks.
  Task<void> stop();

 private:
  using Listeners = std::list<pipeline::Listener*>;
  using Subscribers = std::multimap<std::string, session::Client*, std::less<>>;  // by URI

  Task<pipeline::Reply> dispatch(pipeline::Call& call);
  Task<pipeline::Reply> call_tool(pipeline::Call& call);
  Task<pipeline::Reply> read_resource(pipeline::Call& call);
  Task<pipeline::Reply> get_prompt(pipeline::Call& call);
  Result<pipeline::Reply> complete(const pipeline::Call& call);
  Result<pipeline::Reply> subscribe_resource(const pipeline::Call& call);
  // Runs what `start` makes for this request, or goes on with what an earlier one began.
  Task<std::string> work(pipeline::Call& call, bool may_ask, Runs::Start start, bool may_be_task = false);
  pipeline::Reply initialize(const pipeline::Call& call);
  void changed(protocol::Topic topic);
  void updated(const std::string& uri);

  task::Loop* loop_;
  Registry* registry_;
  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
  protocol::Topics pending_;  // changes that listeners have not heard of yet
  session::LogDemand log_demand_;
  session::RunningCalls running_;
  task::Event idle_;
  Runs runs_;
  Tasks tasks_;
  Suspended suspended_;
  task::ForeignExceptions exceptions_;
  bool draining_ = false;
};

}  // namespace sallyport::server
