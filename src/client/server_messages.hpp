// What every kind of channel does with what a server sends, whatever brought it.
#pragma once

#include "client/pending.hpp"
#include "client/target.hpp"
#include "net/budget.hpp"

#include <string_view>

namespace sallyport::client {

// The revision that a legacy server is offered: the one that the configuration names, or the latest.
protocol::Revision offered_to(const Target& server);

// What a legacy server says of itself in its answer to `initialize`.
struct Begun {
  protocol::Revision revision;
  protocol::ServerCapabilities capabilities;
};

// The server's own words when it refused. `unknown`: what is said of a revision that is none of the legacy
// ones.
Result<Begun> read_initialized(const pipeline::Answer& answer, std::string_view unknown);

// An answer of so many bytes that is yet to be filled; SYS_002 if there is no room. `held`: what was charged
// for it when it came.
Result<std::unique_ptr<pipeline::Answer>> charged(std::size_t bytes, net::Budget::Charge held);

// Gives an answer to whoever waits for it, and remembers the task that it may be.
void deliver(PendingRequests& all, PendingRequest& pending, std::string_view text,
             const protocol::Message& message, net::Budget& budget);

// Whoever asked must not wait for an answer that came and cannot be used, as far as it says whose it is.
// Null: it does not say, or it is nobody's.
PendingRequest* asker_of_unreadable(std::string_view text, PendingRequests& pending);
Error unreadable();

// A subscriptions/listen of ours.
std::string listen_request(std::string_view id, const Wanted& wanted);

// To the callers and the owner that a notification concerns. `own`: the request on whose stream it came.
void pass_on(std::string_view text, const protocol::Message& message, PendingRequests& pending,
             ChannelOwner& owner, PendingRequest* own = nullptr);

}  // namespace sallyport::client
