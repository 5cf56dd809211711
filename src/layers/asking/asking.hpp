// Asks the caller what its server wants to know before it answers, in the way of the caller's era.
#pragma once

#include "pipeline/call.hpp"
#include "protocol/questions.hpp"
#include "session/request_state.hpp"
#include "upstream/roster.hpp"

namespace sallyport::layers {

class Asking final : public pipeline::Layer {
 public:
  // `expiry`: how long an answer is awaited.
  Asking(std::unique_ptr<pipeline::Service> next, task::Loop& loop, const upstream::Roster& roster,
         const session::RequestStates& states, std::chrono::milliseconds expiry)
      : Layer(std::move(next)), loop_(&loop), roster_(&roster), states_(&states), expiry_(expiry) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> asked(pipeline::Call& call);
  Task<pipeline::Reply> modern(pipeline::Call& call);
  Task<pipeline::Reply> legacy(pipeline::Call& call);

  bool passes_roots(const pipeline::Call& call) const;
  // What the server asks, if this caller can be asked all of it.
  Result<protocol::InputRequired> questions_of(const pipeline::Call& call, const pipeline::Answer& answer,
                                               std::uint32_t round) const;
  Error refusal(const pipeline::Call& call, const protocol::ClientCapabilities& needed) const;

  // Takes what a modern client came back with; gives the round that this is.
  Result<std::uint32_t> take_answers(pipeline::Call& call) const;
  Result<std::string> input_required(const pipeline::Call& call, const protocol::InputRequired& input,
                                     std::uint32_t round) const;

  // The members of params for the next round.
  Task<std::string> ask_all(pipeline::Call& call, const protocol::InputRequired& input) const;
  Task<std::string> ask_one(pipeline::Call& call, protocol::Method method, std::string params) const;

  task::Loop* loop_;
  const upstream::Roster* roster_;
  const session::RequestStates* states_;
  std::chrono::milliseconds expiry_;
};

}  // namespace sallyport::layers
