// The calls whose modern client is away to find out what their server asked: how many, how long, and their
// end.
#pragma once

#include "layers/asking/detached_call.hpp"
#include "pipeline/round_table.hpp"
#include "session/request_state.hpp"
#include "task/group.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::layers {

struct SuspendedLimits {
  std::size_t total = 1000;
  std::size_t per_principal = 16;
  std::chrono::milliseconds expiry = std::chrono::minutes(10);
};

class SuspendedCalls {
 public:
  // `bytes` bounds what they hold; `rounds` makes room there.
  SuspendedCalls(task::Loop& loop, telemetry::Registry& metrics, net::Budget& bytes,
                 pipeline::RoundTable& rounds);

  // For calls that are suspended from now on.
  void set_limits(const SuspendedLimits& limits) noexcept { limits_ = limits; }

  // Sends the call on its way below, where it stays whatever becomes of the request that began it.
  std::shared_ptr<DetachedCall> begin(const pipeline::Call& first, pipeline::Service& below);

  // Keeps it until its client comes back; gives what has to be in the client's state. The server is told of
  // the end of a call whose client does not come within `expiry`. LIMIT_014 when there is no room.
  Result<session::RequestState> suspend(const std::shared_ptr<DetachedCall>& call, std::uint32_t round);

  // The one that waits for this round of its client. Null: there is none any more.
  std::shared_ptr<DetachedCall> resume(const session::RequestState& state);

  std::size_t size() const noexcept { return by_id_.size(); }

  // Ends all that wait for their client: nobody can come back to this gateway any more.
  void end_all();
  // Until nothing of them is left.
  Task<void> stop();

 private:
  struct Suspended {
    explicit Suspended(task::Timers& timers) : timer(timers) {}
    std::shared_ptr<DetachedCall> call;
    std::uint32_t round = 0;
    net::Budget::Charge charge;
    task::Timer timer;
  };

  static Task<void> run(std::shared_ptr<DetachedCall> call, pipeline::Service& below);
  bool has_room(const pipeline::Principal& principal) const;
  void expire(const std::string& id);
  void count(std::string_view outcome);

  task::Loop* loop_;
  telemetry::Registry* metrics_;
  net::Budget* bytes_;
  pipeline::RoundTable* rounds_;
  SuspendedLimits limits_;
  std::map<std::string, Suspended, std::less<>> by_id_;
  task::Group group_;
};

}  // namespace sallyport::layers
