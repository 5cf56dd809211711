// Starts or connects to every server at once, as a first call would, and says how each of them answered.
#pragma once

#include "upstream/fleet.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::gateway {

struct UpstreamVerdict {
  upstream::Status status;
  std::optional<Error> error;             // why it is not up; nothing too where it only took too long
  std::vector<std::string> stderr_lines;  // the last that it wrote
  std::vector<std::string> left_out;      // tools that it listed and nobody can be shown, and why

  bool answered() const noexcept { return status.state == upstream::State::up; }
};

// Ends when each is up or known to be down, at the latest at `until`. In the order of the configuration.
Task<std::vector<UpstreamVerdict>> check_upstreams(upstream::Fleet& fleet, SteadyTime until);

}  // namespace sallyport::gateway
