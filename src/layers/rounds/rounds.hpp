// Takes what a modern client comes back with: opens the state, and lets each round of a call happen once.
#pragma once

#include "pipeline/round_table.hpp"

namespace sallyport::layers {

class Rounds final : public pipeline::Layer {
 public:
  Rounds(std::unique_ptr<pipeline::Service> next, const session::RequestStates& states,
         pipeline::RoundTable& table)
      : Layer(std::move(next)), states_(&states), table_(&table) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> come_back(pipeline::Call& call);

  const session::RequestStates* states_;
  pipeline::RoundTable* table_;
};

}  // namespace sallyport::layers
