#include "protocol/method.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {

namespace {

using enum Revision;

constexpr Revision first = v2024_11_05;
constexpr Revision last = v2026_07_28;
constexpr Revision last_legacy = latest_legacy;

constexpr MethodRow request(Method method, std::string_view name, Sender sender, Revision since,
                            Revision until) {
  return {.method = method,
          .name = name,
          .notification = false,
          .sender = sender,
          .since = since,
          .until = until};
}

constexpr MethodRow notification(Method method, std::string_view name, Sender sender, Revision since,
                                 Revision until) {
  return {
      .method = method, .name = name, .notification = true, .sender = sender, .since = since, .until = until};
}

constexpr MethodRow implemented(MethodRow row) {
  row.implemented = true;
  return row;
}

constexpr MethodRow cacheable(MethodRow row) {
  row.cacheable = true;
  return row;
}

constexpr MethodRow named(NameSource source, MethodRow row) {
  row.name_source = source;
  return row;
}

constexpr auto client = Sender::client;
constexpr auto server = Sender::server;

// clang-format off
constexpr std::array table{
    MethodRow{},
    implemented(request(Method::initialize, "initialize", client, first, last_legacy)),
    implemented(request(Method::ping, "ping", Sender::both, first, last_legacy)),
    implemented(cacheable(request(Method::server_discover, "server/discover", client, v2026_07_28, last))),
    implemented(cacheable(request(Method::tools_list, "tools/list", client, first, last))),
    implemented(named(NameSource::name, request(Method::tools_call, "tools/call", client, first, last))),
    implemented(cacheable(request(Method::prompts_list, "prompts/list", client, first, last))),
    implemented(named(NameSource::name, request(Method::prompts_get, "prompts/get", client, first, last))),
    implemented(cacheable(request(Method::resources_list, "resources/list", client, first, last))),
    implemented(cacheable(request(Method::resources_templates_list, "resources/templates/list", client, first, last))),
    implemented(cacheable(named(NameSource::uri, request(Method::resources_read, "resources/read", client, first, last)))),
    implemented(request(Method::resources_subscribe, "resources/subscribe", client, first, last_legacy)),
    implemented(request(Method::resources_unsubscribe, "resources/unsubscribe", client, first, last_legacy)),
    implemented(request(Method::completion_complete, "completion/complete", client, first, last)),
    implemented(request(Method::logging_set_level, "logging/setLevel", client, first, last_legacy)),
    implemented(request(Method::subscriptions_listen, "subscriptions/listen", client, v2026_07_28, last)),
    implemented(named(NameSource::task_id, request(Method::tasks_get, "tasks/get", client, v2025_11_25, last))),
    implemented(request(Method::tasks_result, "tasks/result", client, v2025_11_25, last_legacy)),
    implemented(request(Method::tasks_list, "tasks/list", client, v2025_11_25, last_legacy)),
    implemented(named(NameSource::task_id, request(Method::tasks_cancel, "tasks/cancel", client, v2025_11_25, last))),
    implemented(named(NameSource::task_id, request(Method::tasks_update, "tasks/update", client, v2026_07_28, last))),
    request(Method::sampling_create_message, "sampling/createMessage", server, first, last_legacy),
    request(Method::elicitation_create, "elicitation/create", server, v2025_06_18, last_legacy),
    request(Method::roots_list, "roots/list", server, first, last_legacy),
    implemented(notification(Method::notifications_initialized, "notifications/initialized", client, first, last_legacy)),
    implemented(notification(Method::notifications_cancelled, "notifications/cancelled", Sender::both, first, last)),
    implemented(notification(Method::notifications_progress, "notifications/progress", Sender::both, first, last)),
    implemented(notification(Method::notifications_message, "notifications/message", server, first, last)),
    implemented(notification(Method::notifications_tools_list_changed, "notifications/tools/list_changed", server, first, last)),
    implemented(notification(Method::notifications_prompts_list_changed, "notifications/prompts/list_changed", server, first, last)),
    implemented(notification(Method::notifications_resources_list_changed, "notifications/resources/list_changed", server, first, last)),
    implemented(notification(Method::notifications_resources_updated, "notifications/resources/updated", server, first, last)),
    notification(Method::notifications_roots_list_changed, "notifications/roots/list_changed", client, first, last_legacy),
    notification(Method::notifications_elicitation_complete, "notifications/elicitation/complete", server, v2025_11_25, last_legacy),
    implemented(notification(Method::notifications_subscriptions_acknowledged, "notifications/subscriptions/acknowledged", server, v2026_07_28, last)),
    notification(Method::notifications_tasks_status, "notifications/tasks/status", Sender::both, v2025_11_25, last_legacy),
    implemented(notification(Method::notifications_tasks, "notifications/tasks", server, v2026_07_28, last)),
};
// clang-format on

consteval bool table_is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].method) != i) return false;
  return table.size() == static_cast<std::size_t>(Method::notifications_tasks) + 1;
}
static_assert(table_is_in_order());

}  // namespace

const MethodRow& row(Method method) noexcept {
  return table[static_cast<std::size_t>(method)];
}

std::span<const MethodRow> methods() noexcept {
  return std::span(table).subspan(1);
}

std::string_view name(Method method) noexcept {
  return row(method).name;
}

Method find_method(std::string_view name) noexcept {
  const auto rows = methods();
  const auto found = std::ranges::find(rows, name, &MethodRow::name);
  return found == rows.end() ? Method::unknown : found->method;
}

bool exists(Method method, Revision revision) noexcept {
  const MethodRow& entry = row(method);
  return method != Method::unknown && entry.since <= revision && revision <= entry.until;
}

bool served(Method method, Revision revision) noexcept {
  const MethodRow& entry = row(method);
  return exists(method, revision) && entry.implemented && entry.sender != Sender::server;
}

}  // namespace sallyport::protocol
