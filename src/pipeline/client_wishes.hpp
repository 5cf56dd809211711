// What a client asks of whoever it is connected to, and what is kept with the client itself: its log level,
// its subscriptions.
#pragma once

#include "pipeline/call.hpp"

namespace sallyport::pipeline {

// A result of our own.
Reply local(std::string result);

// Sets what log messages the caller takes. A legacy client that never set a level takes what comes. A modern
// one says it with each request, or gets none. PROTO_004 for a level that does not exist.
Result<void> take_log_level(Call& call);

// What the caller says that servers may ask it for, as far as its revision knows that.
protocol::ClientCapabilities declared_capabilities(const Call& call);

// logging/setLevel.
Result<Reply> set_log_level(Call& call);

// resources/unsubscribe. What is not subscribed to is not missed.
Reply unsubscribe(const Call& call);

}  // namespace sallyport::pipeline
