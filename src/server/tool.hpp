// A tool: what clients are told of it, and the function behind it.
#pragma once

#include "server/asking.hpp"
#include "server/content.hpp"
#include "server/function.hpp"
#include "server/identity.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sallyport {

namespace schema {
class Schema;
}

namespace detail {

struct ToolBody : Body<ToolResult> {
  std::string output_schema;  // empty: none
};

}  // namespace detail

// Does a call of the tool run as a task: work that goes on behind a handle, of which the client asks how far
// it is? `optional`: for clients that can; `required`: others are refused.
enum class TaskSupport : std::uint8_t { forbidden, optional, required };
// When a call becomes one: at once, or when its function says so (Context::become_task). A client of
// 2025-11-25 says itself that it wants a task, and gets it at once.
enum class TaskStart : std::uint8_t { at_once, when_told };

class Tool {
 public:
  Tool(std::string_view name, std::string_view description, detail::ToolBody body);

  Tool& title(std::string_view title);
  Tool& description(std::string_view text);
  // Hints, not promises: whether clients believe them is theirs to say.
  Tool& read_only(bool value = true);
  Tool& destructive(bool value = true);
  Tool& idempotent(bool value = true);
  Tool& open_world(bool value = true);
  Tool& icon(const Icon& icon);
  Tool& meta(std::string_view key, const Json& value);
  // Says that it will go, and in whose favour.
  Tool& deprecated(std::string_view why);
  // In the place of the schema that was derived; arguments that do not fit it are TOOL_003, and the function
  // does not run. Throws a ToolInputSchemaError for one that cannot be checked: another dialect than 2020-12,
  // 2019-09 and draft-07, a `$ref` that leads out of it, a `pattern` that RE2 has not. `checked` false: it is
  // shown, and the function sees for itself.
  Tool& input_schema(const Json& schema, bool checked = true);
  // In the place of the one that was derived. A result whose structured content does not fit it, or that has
  // none, is told to nobody: the call fails as ToolOutputError does. Of what is an error itself nothing is
  // asked. Throws a ToolOutputSchemaError for a schema that cannot be checked, as above.
  Tool& output_schema(const Json& schema, bool checked = true);
  // Callable, but not in the list.
  Tool& hidden(bool value = true);
  // A client without this capability is refused before the function runs.
  Tool& needs(Capability capability);

  // The function needs this secret (Context::secret). Without it calls are refused with CONFIG_002 before
  // they run. Of A-Z a-z 0-9 _ . - up to 128; throws ToolDefinitionError for another name.
  Tool& secret(std::string_view name);

  // The caller's token has to grant all of these, else the call is AUTH_003 before the function runs: over
  // HTTP 403 with a challenge that names them, so that a client can ask for them. `stdio`: what holds where
  // there are no tokens; over HTTP without Server::authenticate nobody may. Throws ToolDefinitionError for
  // what is no scope.
  Tool& scopes(std::initializer_list<std::string_view> names, OnStdio stdio = OnStdio::allowed);

  // Past it the call ends as TOOL_004; a coroutine is cancelled at its next wait, a function on a worker is
  // left behind. The time that a client takes to answer a question counts.
  Tool& timeout(std::chrono::milliseconds time);
  // Runs on a worker thread, two at a time, because it blocks: an ordinary function that shares nothing with
  // others but what it locks itself. What it tells its Context goes out all the same.
  Tool& blocking(bool value = true);

  // Its calls may run as tasks; without it they never do.
  Tool& task(TaskSupport support = TaskSupport::optional, TaskStart start = TaskStart::at_once);

  TaskSupport task_support() const noexcept { return task_support_; }
  TaskStart task_start() const noexcept { return task_start_; }
  std::optional<std::chrono::milliseconds> time() const noexcept { return time_; }
  bool is_blocking() const noexcept { return blocking_; }
  const std::string& name() const noexcept { return name_; }
  bool is_hidden() const noexcept { return hidden_; }
  bool is_idempotent() const noexcept { return idempotent_; }
  const std::vector<Capability>& needed() const noexcept { return needed_; }
  const std::vector<std::string>& secrets() const noexcept { return secrets_; }
  const std::vector<std::string>& scopes() const noexcept { return scopes_; }
  OnStdio on_stdio() const noexcept { return on_stdio_; }
  const detail::ToolBody& body() const noexcept { return body_; }
  Result<void> check(std::string_view arguments) const;       // against a schema that was written by hand
  Result<void> check_result(const ToolResult& result) const;  // against its output schema, if it has one
  std::string definition() const;                             // as clients of the newest revision see it

 private:
  std::string name_;
  detail::ToolBody body_;
  std::shared_ptr<const schema::Schema> schema_;         // null: the function's own
  std::shared_ptr<const schema::Schema> result_schema_;  // null: nothing is asked of results
  Json definition_;
  Json annotations_;
  Json icons_;
  Json meta_;
  std::vector<Capability> needed_;
  std::vector<std::string> secrets_;
  std::vector<std::string> scopes_;
  OnStdio on_stdio_ = OnStdio::allowed;
  bool hidden_ = false;
  bool idempotent_ = false;
  bool blocking_ = false;
  TaskSupport task_support_ = TaskSupport::forbidden;
  TaskStart task_start_ = TaskStart::at_once;
  std::optional<std::chrono::milliseconds> time_;
};

namespace detail {

// From what a function returns to a ToolResult.

template <class T>
concept Blocks =
    std::same_as<T, ToolResult> || std::same_as<T, Content> || std::same_as<T, std::vector<Content>>;
template <class T>
concept PlainText = std::convertible_to<T, std::string_view>;

ToolResult structured_result(std::string json);  // an object
ToolResult wrapped_result(std::string json);     // anything else, as the member `result` of an object
ToolResult json_result(Json value);
ToolResult absent_result();  // of a std::optional without a value
std::string wrapped_schema(const std::string& schema, bool required);

template <class T>
std::string output_schema() {
  if constexpr (std::is_void_v<T> || Blocks<T> || PlainText<T> || std::same_as<T, Json>) {
    return {};
  } else if constexpr (Described<T>) {
    return Codec<T>::schema();
  } else {
    return wrapped_schema(Codec<T>::schema(), !is_optional<T>);
  }
}

template <class T>
ToolResult to_tool_result(T&& value) {
  using Value = std::remove_cvref_t<T>;
  if constexpr (Blocks<Value>) {
    return ToolResult(std::forward<T>(value));
  } else if constexpr (PlainText<Value>) {
    return Content::text(value);
  } else if constexpr (std::same_as<Value, Json>) {
    return json_result(std::forward<T>(value));
  } else {
    if constexpr (is_optional<Value>) {
      if (!value) return absent_result();
    }
    std::string json;
    Codec<Value>::write(value, json);
    return Described<Value> ? structured_result(std::move(json)) : wrapped_result(std::move(json));
  }
}

template <>
struct Giving<ToolResult> {
  static ToolResult made_of_nothing() { return {}; }
  template <class T>
  static ToolResult made(T&& value) {
    return to_tool_result(std::forward<T>(value));
  }
};

template <class F>
ToolBody make_tool_body(F function, std::span<const Param> params) {
  return {make_body<ToolResult>(std::move(function), params), output_schema<Returned<F>>()};
}

}  // namespace detail
}  // namespace sallyport
