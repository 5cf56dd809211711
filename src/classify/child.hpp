// Child processes that did not start or did not stay, as one of our errors.
#pragma once

#include "classify/classify.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::classify {

// Which step of starting a child failed, in their order.
enum class SpawnStep : std::uint8_t { prepare, pipes, keeper, fork, setup, directory, exec };
inline constexpr std::size_t spawn_step_count = static_cast<std::size_t>(SpawnStep::exec) + 1;

std::string_view name(SpawnStep step) noexcept;

struct SpawnFailure {
  int error_number = 0;
  SpawnStep step = SpawnStep::exec;
};

Error from_spawn(const SpawnFailure& failure, const Context& context);

// `wait_status` as waitpid gives it. The extras `exit_code` or `signal` tell how it ended.
Error from_child_exit(int wait_status, const Context& context);

}  // namespace sallyport::classify
