// The one table of MCP methods: what each is, when it exists, and whether this release serves it.
#pragma once

#include "protocol/revision.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::protocol {

enum class Method : std::uint8_t {
  unknown,
  initialize,
  ping,
  server_discover,
  tools_list,
  tools_call,
  prompts_list,
  prompts_get,
  resources_list,
  resources_templates_list,
  resources_read,
  resources_subscribe,
  resources_unsubscribe,
  completion_complete,
  logging_set_level,
  subscriptions_listen,
  tasks_get,
  tasks_result,
  tasks_list,
  tasks_cancel,
  tasks_update,
  sampling_create_message,
  elicitation_create,
  roots_list,
  notifications_initialized,
  notifications_cancelled,
  notifications_progress,
  notifications_message,
  notifications_tools_list_changed,
  notifications_prompts_list_changed,
  notifications_resources_list_changed,
  notifications_resources_updated,
  notifications_roots_list_changed,
  notifications_elicitation_complete,
  notifications_subscriptions_acknowledged,
  notifications_tasks_status,
  notifications_tasks,
};

inline constexpr std::size_t method_count = static_cast<std::size_t>(Method::notifications_tasks) + 1;

enum class Sender : std::uint8_t { client, server, both };

// The member of params that names a request's target and that the header Mcp-Name repeats in the modern era.
enum class NameSource : std::uint8_t { none, name, uri, task_id };

struct MethodRow {
  Method method = Method::unknown;
  std::string_view name;
  bool notification = false;
  Sender sender = Sender::client;
  Revision since = Revision::v2024_11_05;
  Revision until = Revision::v2026_07_28;  // the last revision that has it
  NameSource name_source = NameSource::none;
  bool cacheable = false;    // its modern result carries ttlMs and cacheScope
  bool implemented = false;  // by this release; the rest is answered PROTO_003
};

// A row for every method; that of `unknown` has an empty name, exists in no direction and is not implemented.
const MethodRow& row(Method method) noexcept;
std::span<const MethodRow> methods() noexcept;

// The wire name ("tools/call"); empty for `unknown`.
std::string_view name(Method method) noexcept;

// `unknown` for what is not in the table.
Method find_method(std::string_view name) noexcept;

bool exists(Method method, Revision revision) noexcept;

// tasks/…: requests about a task that another one made.
constexpr bool is_of_tasks(Method method) noexcept {
  return method >= Method::tasks_get && method <= Method::tasks_update;
}

// May a client of this revision send it to us, and do we serve it?
bool served(Method method, Revision revision) noexcept;

}  // namespace sallyport::protocol
