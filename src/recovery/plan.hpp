// What the gateway would do about a failure, told beforehand: how often it would try, and when.
#pragma once

#include "recovery/policy.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sallyport::recovery {

struct Plan {
  Strategy strategy = Strategy::fail_closed;
  std::uint32_t attempts = 1;                       // at most, the first counted
  std::vector<std::chrono::milliseconds> delays{};  // before each further one, the longest, before jitter
  std::string_view why{};
};

// `time`: what the call may take. A pause that does not fit it is not made, so that the call ends before.
Plan plan(const Policy& policy, const Error& error, const Facts& call, std::chrono::milliseconds time);

}  // namespace sallyport::recovery
