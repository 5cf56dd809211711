// What a modern client is given to come back with when a call needs something of it: sealed, so that it is of
// use for the same caller's same call alone, and for a while.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/sealer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::session {

// What we have to know again.
struct RequestState {
  enum class Holds : std::uint8_t {
    server_state,    // `held` is the requestState of the server; empty: it gave none
    suspended_call,  // `held` is the id of a call that goes on here
  };
  std::string server;  // the key of the one that asked
  Holds holds = Holds::server_state;
  std::string held;
  std::uint32_t round = 1;    // how often the call has asked, this time counted
  CorrelationId correlation;  // of all rounds of the call
};

// Whom a state is bound to.
struct StateOwner {
  std::string_view principal;
  std::string_view method;
  std::string_view digest;  // of the params
};

struct OpenedState {
  RequestState state;
  SystemTime until;
};

class RequestStates {
 public:
  explicit RequestStates(const Clock& clock) noexcept : clock_(&clock) {}

  // From now on these seal and open; as Sealer takes them.
  void set_keys(std::vector<SealKey> keys) { sealer_ = Sealer(std::move(keys)); }

  std::string seal(const RequestState& state, const StateOwner& owner,
                   std::chrono::milliseconds expiry) const;
  // Nothing: it is not ours, is another call's, or is too old; which of these is nobody's business.
  std::optional<OpenedState> open(std::string_view sealed, const StateOwner& owner) const;

 private:
  const Clock* clock_;
  Sealer sealer_;
};

}  // namespace sallyport::session
