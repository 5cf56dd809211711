#include "protocol/capabilities.hpp"

#include "json/scanner.hpp"
#include "protocol/tasks.hpp"

#include <utility>

namespace sallyport::protocol {
namespace {

constexpr std::string_view core_tasks = R"("tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}})";

// `requests.tools.call` within `tasks`.
bool calls_tools(std::string_view bytes, json::Value tasks) {
  for (const std::string_view key : {"requests", "tools", "call"}) {
    tasks = json::find_member(bytes, tasks.span, key).value;
    if (!tasks.is(json::Type::object)) return false;
  }
  return true;
}

}  // namespace

ServerCapabilities& ServerCapabilities::operator|=(const ServerCapabilities& other) noexcept {
  tools = tools || other.tools;
  resources = resources || other.resources;
  subscribe = subscribe || other.subscribe;
  prompts = prompts || other.prompts;
  completions = completions || other.completions;
  logging = logging || other.logging;
  tasks = tasks || other.tasks;
  tasks_extension = tasks_extension || other.tasks_extension;
  return *this;
}

ServerCapabilities read_capabilities(const Message& result, std::string_view bytes, Revision spoken) {
  ServerCapabilities found;
  if (!result.is(Field::result_capabilities, json::Type::object)) return found;
  json::MemberCursor members(bytes, result[Field::result_capabilities].value.span);
  while (const auto member = members.next()) {
    if (!member->value.is(json::Type::object)) continue;
    const std::string name = json::unescape(member->key.of(bytes));
    if (name == "tools") found.tools = true;
    if (name == "prompts") found.prompts = true;
    if (name == "completions") found.completions = true;
    if (name == "logging") found.logging = true;
    if (name == "tasks" && spoken == Revision::v2025_11_25) found.tasks = calls_tools(bytes, member->value);
    if (name == "extensions" && era(spoken) == Era::modern)
      found.tasks_extension =
          json::find_member(bytes, member->value.span, tasks_extension).value.is(json::Type::object);
    if (name != "resources") continue;
    found.resources = true;
    found.subscribe =
        json::find_member(bytes, member->value.span, "subscribe").value.is(json::Type::true_value);
  }
  if (spoken == Revision::v2024_11_05) found.completions = found.prompts || found.resources;
  return found;
}

void append_capabilities(std::string& out, const ServerCapabilities& capabilities, Revision revision) {
  out += '{';
  bool first = true;
  const auto add = [&](bool has, std::string_view member) {
    if (!has) return;
    if (!std::exchange(first, false)) out += ',';
    out += member;
  };
  add(capabilities.tools, R"("tools":{"listChanged":true})");
  add(capabilities.resources && capabilities.subscribe,
      R"("resources":{"subscribe":true,"listChanged":true})");
  add(capabilities.resources && !capabilities.subscribe, R"("resources":{"listChanged":true})");
  add(capabilities.prompts, R"("prompts":{"listChanged":true})");
  add(capabilities.completions, R"("completions":{})");
  add(capabilities.logging, R"("logging":{})");
  add(capabilities.tasks && revision == Revision::v2025_11_25, core_tasks);
  if (capabilities.tasks_extension && era(revision) == Era::modern)
    add(true, R"("extensions":{")" + std::string(tasks_extension) + R"(":{}})");
  out += '}';
}

}  // namespace sallyport::protocol
