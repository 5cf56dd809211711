#include "classify/child.hpp"

#include "classify/errno.hpp"

#include <array>
#include <string>

#include <string.h>
#include <sys/wait.h>

namespace sallyport::classify {
namespace {

constexpr std::array<std::string_view, spawn_step_count> step_names = {
    "prepare", "pipes", "keeper", "fork", "setup", "directory", "exec"};

// Steps that use what the config says; the others are ours, and no edit of the config mends them.
constexpr bool uses_config(SpawnStep step) noexcept {
  return step == SpawnStep::prepare || step == SpawnStep::directory || step == SpawnStep::exec;
}

}  // namespace

std::string_view name(SpawnStep step) noexcept {
  return step_names[static_cast<std::size_t>(step)];
}

Error from_spawn(const SpawnFailure& failure, const Context& context) {
  Context spawning = context;
  spawning.phase = Phase::spawn;
  spawning.handed_over = false;
  Error error =
      uses_config(failure.step)
          ? from_errno(failure.error_number, spawning)
          : make_error(errno_verdict(failure.error_number).value_or(verdict_for(FailureClass::local)),
                       spawning, errno_name(failure.error_number));
  return error.with_extra("spawn_step", std::string(name(failure.step)));
}

Error from_child_exit(int wait_status, const Context& context) {
  Error error = make_error(verdict_for(FailureClass::unavailable), context, "child_exit");
  if (WIFSIGNALED(wait_status)) {
    const char* abbreviation = sigabbrev_np(WTERMSIG(wait_status));
    error.with_extra("signal", static_cast<std::int64_t>(WTERMSIG(wait_status)));
    if (abbreviation != nullptr) error.with_extra("signal_name", "SIG" + std::string(abbreviation));
  } else {
    error.with_extra("exit_code", static_cast<std::int64_t>(WEXITSTATUS(wait_status)));
  }
  return error;
}

}  // namespace sallyport::classify
