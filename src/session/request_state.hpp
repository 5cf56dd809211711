// What a modern client is given to come back with when a call needs something of it: sealed, so that it is of
// use for the same caller's same call alone, and for a while.
#pragma once

#include "base/clock.hpp"
#include "base/sealer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::session {

struct RequestState {
  std::string held;  // what we have to know again
  std::uint32_t round = 1;
};

// What a state is bound to.
struct StateOwner {
  std::string_view principal;
  std::string_view server;
  std::string_view method;
  std::string_view digest;  // of the params
};

class RequestStates {
 public:
  explicit RequestStates(const Clock& clock) noexcept : clock_(&clock) {}

  std::string seal(const RequestState& state, const StateOwner& owner,
                   std::chrono::milliseconds expiry) const;
  // Nothing: it is not ours, is another call's, or is too old; which of these is nobody's business.
  std::optional<RequestState> open(std::string_view sealed, const StateOwner& owner) const;

 private:
  const Clock* clock_;
  Sealer sealer_;
};

}  // namespace sallyport::session
