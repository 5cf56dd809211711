// Child processes that did not start or did not stay, as one of our errors.
#pragma once

#include <cstdint>
#include <string_view>

#include "classify/classify.hpp"

namespace sallyport::classify {

// Which step of starting a child failed.
enum class SpawnStep : std::uint8_t { pipe, fork, setup, chdir, exec };

std::string_view name(SpawnStep step) noexcept;

struct SpawnFailure {
  int error_number = 0;
  SpawnStep step = SpawnStep::exec;
};

Error from_spawn(const SpawnFailure& failure, const Context& context);

// `wait_status` as waitpid gives it. The extras `exit_code` or `signal` tell how it ended.
Error from_child_exit(int wait_status, const Context& context);

}  // namespace sallyport::classify
