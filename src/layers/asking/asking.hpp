// Asks the caller what its server wants to know before it answers, in the way of the caller's era.
#pragma once

#include "layers/asking/suspended_calls.hpp"
#include "pipeline/call.hpp"
#include "protocol/questions.hpp"
#include "session/request_state.hpp"
#include "upstream/roster.hpp"

namespace sallyport::layers {

class Asking final : public pipeline::Layer {
 public:
  // What outlives a reload. `buffered`: for answers that are sent once more.
  struct Keeps {
    const session::RequestStates& states;
    SuspendedCalls& suspended;
    net::Budget& buffered;
  };
  // `expiry`: how long an answer is awaited.
  Asking(std::unique_ptr<pipeline::Service> next, task::Loop& loop, const upstream::Roster& roster,
         Keeps keeps, std::chrono::milliseconds expiry)
      : Layer(std::move(next)),
        loop_(&loop),
        roster_(&roster),
        states_(&keeps.states),
        suspended_(&keeps.suspended),
        buffered_(&keeps.buffered),
        expiry_(expiry) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> asked(pipeline::Call& call);
  Task<pipeline::Reply> on_its_stream(pipeline::Call& call);
  Task<pipeline::Reply> detached(pipeline::Call& call);
  Task<pipeline::Reply> modern(pipeline::Call& call);
  Task<pipeline::Reply> legacy(pipeline::Call& call);

  bool passes_roots(const pipeline::Call& call) const;
  // What the server asks, if it passes check().
  Result<protocol::InputRequired> questions_of(const pipeline::Call& call, const pipeline::Answer& answer,
                                               std::uint32_t round) const;
  // This caller can be asked all of it, and was not asked too often.
  Result<void> check(const pipeline::Call& call, const protocol::InputRequired& input,
                     std::uint32_t round) const;
  Error refusal(const pipeline::Call& call, const protocol::ClientCapabilities& needed) const;

  Result<pipeline::Reply> suspend(const pipeline::Call& call, const std::shared_ptr<DetachedCall>& detached);
  Result<pipeline::Reply> pages_to_open(const pipeline::Call& call, pipeline::Reply reply) const;
  static pipeline::Reply pages_shown(const pipeline::Call& call, pipeline::Reply reply);
  Result<pipeline::Reply> input_required(const pipeline::Call& call, const protocol::InputRequired& input,
                                         const session::RequestState& state) const;

  // The members of params for the next round.
  Task<std::string> ask_all(pipeline::Call& call, const protocol::InputRequired& input) const;
  Task<std::string> ask_one(pipeline::Call& call, protocol::Method method, std::string params) const;

  task::Loop* loop_;
  const upstream::Roster* roster_;
  const session::RequestStates* states_;
  SuspendedCalls* suspended_;
  net::Budget* buffered_;
  std::chrono::milliseconds expiry_;
};

}  // namespace sallyport::layers
