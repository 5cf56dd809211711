// Runs that wait for their client: asked something, a client of the modern era answers with another request,
// and the run goes on.
#pragma once

#include "server/runs.hpp"
#include "task/timers.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::server {

struct SuspendedLimits {
  std::size_t total = 1000;  // rounds that are kept
  std::chrono::milliseconds expiry = std::chrono::minutes(10);
};

// `requestState` is 128 random bits that name one round: it says nothing, cannot be guessed or altered, and
// holds for the caller, the method and the parameters that it was given for. Any other use of it is
// PROTO_012. A round that comes twice with the same answers (the client lost ours) has one outcome; with
// other answers it is refused. Beyond `total` rounds new questions are refused with LIMIT_003; a run whose
// client does not come back within `expiry` hears so (PROTO_023) and is cancelled.
class Suspended {
 public:
  // Keeps a run that wants to go on as a task; gives the text of the result that says so.
  using BecomeTask = std::function<Result<std::string>(const pipeline::Call&, std::shared_ptr<Run>)>;
  Suspended(task::Loop& loop, SuspendedLimits limits, Runs& runs, BecomeTask become_task);
  ~Suspended();

  // The text of the result that the request is answered with: complete, input_required, or a task where
  // `may_be_task`.
  Task<std::string> run(pipeline::Call& call, const Runs::Start& start, bool may_be_task = false);
  // The same for a request that has a requestState.
  Task<std::string> resume(pipeline::Call& call);

  std::size_t rounds() const noexcept { return rounds_.size(); }
  void stop();  // cancels all

 private:
  struct Round;

  Task<std::string> turn(pipeline::Call& call, std::shared_ptr<Run> run);
  Result<std::string> suspend(const pipeline::Call& call, std::shared_ptr<Run> run);
  void expire(const std::string& state);
  bool make_room();

  task::Loop* loop_;
  SuspendedLimits limits_;
  Runs* runs_;
  BecomeTask become_task_;
  std::unordered_map<std::string, std::shared_ptr<Round>> rounds_;  // by state
};

}  // namespace sallyport::server
