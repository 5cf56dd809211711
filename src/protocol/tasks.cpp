#include "protocol/tasks.hpp"

#include "base/strings.hpp"
#include "json/scanner.hpp"
#include "protocol/envelope.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {
namespace {

using json::Type;

constexpr std::array<std::string_view, 5> statuses{"working", "input_required", "completed", "failed",
                                                   "cancelled"};
constexpr std::size_t max_id = 1024;  // of a server's task
constexpr std::size_t max_text = 64 * 1024;
constexpr std::size_t max_message = 1024;

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out.append(R"(,")").append(key).append(R"(":)");
  json::append_quoted(out, value);
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
  out.append(R"(,")").append(key).append(R"(":)").append(std::to_string(value));
}

std::unexpected<Error> bad_wish(std::string_view pointer, std::string_view constraint) {
  return fail(Error(Code::proto_invalid_params)
                  .with_executed(Executed::no)
                  .with_slot(Slot::method, name(Method::tools_call))
                  .with_slot(Slot::pointer, pointer)
                  .with_slot(Slot::constraint, constraint));
}

}  // namespace

std::string_view name(TaskStatus status) noexcept {
  return statuses[static_cast<std::size_t>(status)];
}

void append_task(std::string& out, const TaskState& task, Revision revision) {
  const bool modern = era(revision) == Era::modern;
  out += R"("taskId":)";
  json::append_quoted(out, task.id);
  append_text(out, "status", name(task.status));
  if (!task.message.empty()) append_text(out, "statusMessage", task.message);
  append_text(out, "createdAt", task.created);
  append_text(out, "lastUpdatedAt", task.updated);
  const std::string_view ttl = modern ? "ttlMs" : "ttl";
  if (task.ttl_ms) {
    append_number(out, ttl, *task.ttl_ms);
  } else {
    out.append(R"(,")").append(ttl).append(R"(":null)");
  }
  if (task.poll_ms) append_number(out, modern ? "pollIntervalMs" : "pollInterval", *task.poll_ms);
}

std::optional<SeenTask> read_task(std::string_view bytes, json::Span object, Revision revision) {
  const bool modern = era(revision) == Era::modern;
  const auto text = [&](std::string_view key) -> std::optional<std::string> {
    const json::Value value = json::find_member(bytes, object, key).value;
    if (!value.is(Type::string) || value.span.size() > max_text) return std::nullopt;
    return json::unescape(value.of(bytes));
  };
  const auto number = [&](std::string_view key) -> std::optional<std::int64_t> {
    const json::Value value = json::find_member(bytes, object, key).value;
    const auto read = value.is(Type::number) ? json::as_int64(value.of(bytes)) : std::nullopt;
    return read && *read >= 0 ? read : std::nullopt;
  };
  SeenTask seen;
  const auto id = text("taskId");
  const auto word = text("status");
  const auto created = text("createdAt");
  if (!id || id->empty() || id->size() > max_id || !word || !created) return std::nullopt;
  const auto status = std::ranges::find(statuses, *word);
  if (status == statuses.end()) return std::nullopt;
  seen.id = *id;
  seen.status = static_cast<TaskStatus>(status - statuses.begin());
  seen.created = *created;
  seen.updated = text("lastUpdatedAt").value_or(*created);
  seen.ttl_ms = number(modern ? "ttlMs" : "ttl");
  seen.poll_ms = number(modern ? "pollIntervalMs" : "pollInterval");
  const std::string message = text("statusMessage").value_or(std::string());
  for (const char c : clip(message, max_message))
    seen.message += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return seen;
}

std::string related_meta(std::string_view id) {
  std::string out = R"({")";
  out.append(related_task_key).append(R"(":{"taskId":)");
  json::append_quoted(out, id);
  return out += "}}";
}

std::string related_task(const Message& notification, std::string_view bytes) {
  if (!notification.is(Field::meta, Type::object)) return {};
  const json::Value related =
      json::find_member(bytes, notification[Field::meta].value.span, related_task_key).value;
  if (!related.is(Type::object)) return {};
  const json::Value id = json::find_member(bytes, related.span, "taskId").value;
  return id.is(Type::string) && id.span.size() <= max_text ? json::unescape(id.of(bytes)) : std::string();
}

std::optional<SeenTask> read_created_task(const Message& answer, std::string_view bytes) {
  if (answer.kind() != MessageKind::result_response) return std::nullopt;
  const json::Value task = json::find_member(bytes, answer[Field::result].value.span, "task").value;
  return task.is(Type::object) ? read_task(bytes, task.span, latest_legacy) : std::nullopt;
}

std::string create_task_result(std::string_view members, Revision revision) {
  if (era(revision) == Era::legacy) return R"({"task":{)" + std::string(members) + "}}";
  std::string out = R"({"resultType":"task",)" + std::string(members) + R"(,"_meta":)";
  append_result_meta(out, Era::modern, {});
  return out += '}';
}

std::string task_result(std::string_view members, Revision revision) {
  if (era(revision) == Era::legacy) return "{" + std::string(members) + "}";
  std::string out = R"({"resultType":"complete",)" + std::string(members) + R"(,"_meta":)";
  append_result_meta(out, Era::modern, {});
  return out += '}';
}

std::string task_notification(std::string_view members, std::string_view subscription) {
  const Method method =
      subscription.empty() ? Method::notifications_tasks_status : Method::notifications_tasks;
  std::string out = R"({"jsonrpc":"2.0","method":")";
  out.append(name(method)).append(R"(","params":{)").append(members);
  if (!subscription.empty())
    out.append(R"(,"_meta":{"io.modelcontextprotocol/subscriptionId":)").append(subscription).append("}");
  return out += "}}";
}

Result<std::optional<TaskWish>> read_task_wish(const Message& call, std::string_view bytes,
                                               Revision revision) {
  if (revision != Revision::v2025_11_25 || !call.has(Field::task)) return std::nullopt;
  if (!call.is(Field::task, Type::object)) return bad_wish("params.task", "must be an object");
  const json::Value ttl = json::find_member(bytes, call[Field::task].value.span, "ttl").value;
  if (!ttl) return TaskWish{};
  const auto wanted = ttl.is(Type::number) ? json::as_int64(ttl.of(bytes)) : std::nullopt;
  if (!wanted || *wanted < 1) return bad_wish("params.task.ttl", "must be a number of milliseconds from 1");
  return TaskWish{std::chrono::milliseconds(*wanted)};
}

bool declares_tasks(std::string_view capabilities) {
  if (capabilities.empty() || capabilities.front() != '{') return false;
  const json::Value extensions = json::find_member(capabilities, whole(capabilities), "extensions").value;
  return extensions.is(Type::object) &&
         json::find_member(capabilities, extensions.span, tasks_extension).value.is(Type::object);
}

std::string with_tasks_extension(std::string capabilities) {
  capabilities.pop_back();
  capabilities += capabilities.size() > 1 ? "," : "";
  return capabilities.append(R"("extensions":{")").append(tasks_extension).append(R"(":{}}})");
}

Error missing_tasks_extension() {
  return Error(Code::proto_missing_client_capability)
      .with_executed(Executed::no)
      .with_slot(Slot::constraint, "extensions." + std::string(tasks_extension))
      .with_spec_data(R"({"requiredCapabilities":{"extensions":{")" + std::string(tasks_extension) +
                      R"(":{}}}})");
}

std::vector<std::string> listen_tasks(const Message& listen, std::string_view bytes) {
  std::vector<std::string> ids;
  if (!listen.is(Field::notifications, Type::object)) return ids;
  const json::Value asked =
      json::find_member(bytes, listen[Field::notifications].value.span, "taskIds").value;
  if (!asked.is(Type::array)) return ids;
  json::ElementCursor elements(bytes, asked.span);
  while (const auto element = elements.next())
    if (element->is(Type::string)) ids.push_back(json::unescape(element->of(bytes)));
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

Error no_such_task() {
  return Error(Code::proto_task_not_found).with_executed(Executed::no);
}

Error wrong_task_support(std::string_view tool, std::string_view constraint) {
  return Error(Code::proto_task_support)
      .with_executed(Executed::no)
      .with_slot(Slot::tool, tool)
      .with_slot(Slot::constraint, constraint);
}

Error task_has_ended(Method method, TaskStatus status) {
  return Error(Code::proto_invalid_params)
      .with_executed(Executed::no)
      .with_slot(Slot::method, name(method))
      .with_slot(Slot::pointer, "params.taskId")
      .with_slot(Slot::constraint, "the task has ended already (" + std::string(name(status)) + ")");
}

}  // namespace sallyport::protocol
