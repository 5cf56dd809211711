// Tasks on the wire: what 2025-11-25 has in its core, and what the extension of 2026-07-28 has in its place.
#pragma once

#include "errors/error.hpp"
#include "errors/result.hpp"
#include "protocol/message.hpp"
#include "protocol/revision.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::protocol {

inline constexpr std::string_view tasks_extension = "io.modelcontextprotocol/tasks";

enum class TaskStatus : std::uint8_t { working, input_required, completed, failed, cancelled };
std::string_view name(TaskStatus status) noexcept;
constexpr bool is_terminal(TaskStatus status) noexcept {
  return status >= TaskStatus::completed;
}

struct TaskState {
  std::string_view id;
  TaskStatus status = TaskStatus::working;
  std::string_view message;  // for people; empty: none
  std::string_view created;  // RFC 3339
  std::string_view updated;
  std::optional<std::int64_t> ttl_ms = {};   // from its creation; nothing: for ever
  std::optional<std::int64_t> poll_ms = {};  // nothing: whenever it likes
};

// The members of a task, without braces.
void append_task(std::string& out, const TaskState& task, Revision revision);

// What a server says of one of its tasks; nothing if it is none. `object` is the task, or the result that has
// its members.
struct SeenTask {
  std::string id;
  TaskStatus status = TaskStatus::working;
  std::string message;  // at most 1 KiB, without control characters
  std::string created;
  std::string updated;
  std::optional<std::int64_t> ttl_ms;
  std::optional<std::int64_t> poll_ms;

  TaskState state(std::string_view under) const {
    return {under, status, message, created, updated, ttl_ms, poll_ms};
  }
};
std::optional<SeenTask> read_task(std::string_view bytes, json::Span object, Revision revision);

// The _meta of what is said about a task; and the id in the _meta of a notification, empty if it has none.
inline constexpr std::string_view related_task_key = "io.modelcontextprotocol/related-task";
std::string related_meta(std::string_view id);
std::string related_task(const Message& notification, std::string_view bytes);

// The task that a request of 2025-11-25 was answered with, if it was.
std::optional<SeenTask> read_created_task(const Message& answer, std::string_view bytes);
// The result of the request that made it: {"task": …}, or the members themselves and resultType "task".
std::string create_task_result(std::string_view members, Revision revision);
// The members as a result of tasks/get and, in the core, of tasks/cancel.
std::string task_result(std::string_view members, Revision revision);
// notifications/tasks/status; with the raw id of a subscriptions/listen, notifications/tasks of that one.
std::string task_notification(std::string_view members, std::string_view subscription = {});

// Of tools/call: does the client want a task (`params.task`), and for how long is it to be kept? In the
// revisions without that member it is not looked at. PROTO_004 for one that is wrong.
struct TaskWish {
  std::optional<std::chrono::milliseconds> ttl;
};
Result<std::optional<TaskWish>> read_task_wish(const Message& call, std::string_view bytes,
                                               Revision revision);

// Of raw client capabilities: do they have the extension?
bool declares_tasks(std::string_view capabilities);
// Such capabilities, an object, and the extension beside them.
std::string with_tasks_extension(std::string capabilities);
// PROTO_006 with what is missing in data.requiredCapabilities.
Error missing_tasks_extension();
// The ids whose tasks a subscriptions/listen, or its acknowledgement, is about, each once.
std::vector<std::string> listen_tasks(const Message& listen, std::string_view bytes);

Error no_such_task();
// tools/call in a way that the tool does not have: `constraint` says which it has.
Error wrong_task_support(std::string_view tool, std::string_view constraint);
// tasks/cancel of one that has ended; 2025-11-25 wants that refused.
Error task_has_ended(Method method, TaskStatus status);

}  // namespace sallyport::protocol
