#include "layers/isolation/isolation.hpp"

#include "upstream/instances.hpp"

namespace sallyport::layers {

using upstream::Sharing;

Task<pipeline::Reply> Isolation::call(pipeline::Call& call) {
  if (protocol::is_of_tasks(call.method())) return next().call(call);  // where it was made
  if (call.questions) return asked(call);
  switch (call.server->sharing()) {
    case Sharing::all:
      break;
    case Sharing::own:
      return own(call);
    case Sharing::unknown:
      return once_known(call);
  }
  return next().call(call);
}

Task<pipeline::Reply> Isolation::own(pipeline::Call& call) {
  auto instance = call.server->instances()->of(call);
  if (!instance) return pipeline::refuse(std::move(instance).error());
  call.server = std::move(*instance);
  return next().call(call);
}

// What a server asks goes to the one caller of a connection.
Task<pipeline::Reply> Isolation::asked(pipeline::Call& call) {
  const upstream::Instances::Seat seat = CO_TRY(co_await call.server->instances()->seat(call));
  call.server = seat.server();
  co_return co_await next().call(call);
}

// The one that reads the lists finds out which revision the server speaks.
Task<pipeline::Reply> Isolation::once_known(pipeline::Call& call) {
  CO_TRY(co_await call.server->ready());
  co_return co_await (call.server->sharing() == Sharing::all ? next().call(call) : own(call));
}

}  // namespace sallyport::layers
