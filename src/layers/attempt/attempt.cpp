#include "layers/attempt/attempt.hpp"

#include "classify/classify.hpp"
#include "task/group.hpp"
#include "upstream/record.hpp"

namespace sallyport::layers {

Task<pipeline::Reply> Attempt::call(pipeline::Call& call) {
  const auto limit = policy_.attempt_limit(upstream::facts_of(call));
  // What a user takes to answer is no attempt's.
  return limit && !call.questions ? limited(call, *limit) : next().call(call);
}

Task<pipeline::Reply> Attempt::limited(pipeline::Call& call, std::chrono::milliseconds limit) {
  const auto late = [&call, limit](const Error& cancelled) {
    classify::Context context;
    context.operation = classify::operation_of(call.method());
    context.phase = cancelled.phase();
    context.executed = cancelled.executed();
    context.handed_over = cancelled.executed() != Executed::no;
    return classify::make_error(classify::FailureClass::timeout, context)
        .with_slot(Slot::seconds, std::chrono::ceil<std::chrono::seconds>(limit).count());
  };
  co_return co_await task::with_deadline(*timers_, timers_->now() + limit, next().call(call), late);
}

}  // namespace sallyport::layers
