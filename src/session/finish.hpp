// How a drain ends: the calls under way get their time, and what is left then is cancelled.
#pragma once

#include "session/registry.hpp"
#include "task/group.hpp"

namespace sallyport::session {

// Returns when `running` is empty. `idle` is set whenever its last call has ended; both outlive this.
Task<void> finish_calls(task::Loop& loop, RunningCalls& running, task::Event& idle, SteadyTime until);

}  // namespace sallyport::session
