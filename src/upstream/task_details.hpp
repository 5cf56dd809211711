// What a task of 2026-07-28 is beyond what every task is: what it asks, what came of it, and how one fails
// whose server is gone.
#pragma once

#include "pipeline/call.hpp"
#include "protocol/client_capabilities.hpp"
#include "protocol/tasks.hpp"

#include <string>
#include <string_view>

namespace sallyport::upstream {

// What a server said of a task is none.
Error malformed_task();

// Of a result of tasks/get: the members behind those that append_task() writes, with a comma before each.
// What a client that can be asked `can` could not answer is PROTO_018.
Result<std::string> task_details(const pipeline::Answer& answer, protocol::TaskStatus status,
                                 const protocol::ClientCapabilities& can);

// Such a member too: of a task that failed here, and not at its server.
std::string task_error(const protocol::CanonicalFailure& failure);

// Why a task is no more whose process or connection is gone.
Error task_lost(std::string_view server);

}  // namespace sallyport::upstream
