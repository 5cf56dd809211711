#include "server/tool.hpp"

#include "errors/tool_errors.hpp"
#include "schema/schema.hpp"
#include "server/checked_schema.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t max_secret_name = 128;
constexpr std::uint32_t max_result_steps = 1'000'000;  // of a result, which the author bounds: some 40 ms

template <class E>
std::shared_ptr<const schema::Schema> compile(const std::string& tool, std::string_view which,
                                              std::string_view written) {
  auto compiled = server::checked_schema(written);
  if (!compiled)
    throw E("the " + std::string(which) + " schema of the tool '" + tool + "' " + compiled.error() +
            "; write `checked` false to show it only");
  return *std::move(compiled);
}

Error wrong_result(std::string_view pointer, std::string_view rule) {
  std::string text = "The result of the tool is not what its output schema promises";
  if (!pointer.empty()) text.append(" at '").append(pointer).append("'");
  text.append(": it ").append(rule).append(". That is a mistake of the tool; tell whoever wrote it.");
  Error error = ToolOutputError(text, std::string(pointer) + " " + std::string(rule)).error();
  return std::move(error.with_executed(Executed::yes));
}

}  // namespace

namespace detail {

ToolResult structured_result(std::string json) {
  ToolResult made(Content::text(json));
  made.structured = Json::trusted(std::move(json));
  return made;
}

ToolResult wrapped_result(std::string json) {
  ToolResult made(Content::text(json));
  made.structured = Json::object({{"result", Json::trusted(std::move(json))}});
  return made;
}

ToolResult json_result(Json value) {
  return value.is_object() ? structured_result(value.text()) : ToolResult(Content::text(value.text()));
}

ToolResult absent_result() {
  ToolResult made(Content::text("null"));
  made.structured = Json::object();
  return made;
}

std::string wrapped_schema(const std::string& schema, bool required) {
  return R"({"type":"object","properties":{"result":)" + schema +
         (required ? R"(},"required":["result"]})" : "}}");
}

}  // namespace detail

Tool::Tool(std::string_view name, std::string_view description, detail::ToolBody body)
    : name_(name), body_(std::move(body)), definition_(Json::object({{"name", name}})) {
  this->description(description);
  if (!body_.output_schema.empty())
    result_schema_ = compile<ToolOutputSchemaError>(name_, "output", body_.output_schema);
}

Tool& Tool::title(std::string_view title) {
  definition_.set("title", title);
  return *this;
}

Tool& Tool::description(std::string_view text) {
  definition_.set("description", text);
  return *this;
}

Tool& Tool::read_only(bool value) {
  annotations_.set("readOnlyHint", value);
  return *this;
}

Tool& Tool::destructive(bool value) {
  annotations_.set("destructiveHint", value);
  return *this;
}

Tool& Tool::idempotent(bool value) {
  annotations_.set("idempotentHint", value);
  idempotent_ = value;
  return *this;
}

Tool& Tool::open_world(bool value) {
  annotations_.set("openWorldHint", value);
  return *this;
}

Tool& Tool::icon(const Icon& icon) {
  icons_.push_back(icon.json());
  return *this;
}

Tool& Tool::meta(std::string_view key, const Json& value) {
  meta_.set(key, value);
  return *this;
}

Tool& Tool::deprecated(std::string_view why) {
  const std::string text = definition_.find("description")->as_string().value_or("");
  return description("[DEPRECATED: " + std::string(why) + "] " + text);
}

Tool& Tool::input_schema(const Json& written, bool checked) {
  schema_ = checked ? compile<ToolInputSchemaError>(name_, "input", written.text()) : nullptr;
  body_.input_schema = written.text();
  return *this;
}

Tool& Tool::output_schema(const Json& written, bool checked) {
  result_schema_ = checked ? compile<ToolOutputSchemaError>(name_, "output", written.text()) : nullptr;
  body_.output_schema = written.text();
  return *this;
}

Result<void> Tool::check(std::string_view arguments) const {
  if (!schema_) return {};
  if (auto found = server::misfit_of(*schema_, arguments.empty() ? "{}" : arguments))
    return fail(detail::bad_arguments(*found));
  return {};
}

Result<void> Tool::check_result(const ToolResult& result) const {
  if (!result_schema_ || result.is_error) return {};
  if (!result.structured) return fail(wrong_result({}, "has no structured content"));
  const schema::Verdict verdict = result_schema_->check(result.structured->text(), max_result_steps);
  if (verdict.misfit) return fail(wrong_result(verdict.misfit->pointer, verdict.misfit->rule));
  if (!verdict.fits())
    log::warn("a result was not held against its output schema",
              {{"tool", name_}, {"why", schema::name(verdict.doubt)}});
  return {};
}

Tool& Tool::hidden(bool value) {
  hidden_ = value;
  return *this;
}

Tool& Tool::needs(Capability capability) {
  needed_.push_back(capability);
  return *this;
}

Tool& Tool::secret(std::string_view name) {
  const bool usable = !name.empty() && name.size() <= max_secret_name && name.front() != '.' &&
                      std::ranges::all_of(name, [](char c) {
                        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                               std::string_view("_.-").contains(c);
                      });
  if (!usable)
    throw ToolDefinitionError("'" + std::string(name) +
                              "' is no name for a secret: 1 to 128 of A-Z a-z 0-9 _ . -, no dot first");
  if (std::ranges::find(secrets_, name) == secrets_.end()) secrets_.emplace_back(name);
  return *this;
}

Tool& Tool::scopes(std::initializer_list<std::string_view> names, OnStdio stdio) {
  for (const std::string_view name : names) {
    if (!server::is_scope(name))
      throw ToolDefinitionError("'" + std::string(name) + "' is no scope (RFC 6749 section 3.3)");
    if (std::ranges::find(scopes_, name) == scopes_.end()) scopes_.emplace_back(name);
  }
  on_stdio_ = stdio;
  return *this;
}

Tool& Tool::timeout(std::chrono::milliseconds time) {
  time_ = time;
  return *this;
}

Tool& Tool::blocking(bool value) {
  blocking_ = value && body_.sync != nullptr;  // a coroutine waits without blocking
  return *this;
}

Tool& Tool::task(TaskSupport support, TaskStart start) {
  task_support_ = support;
  task_start_ = start;
  return *this;
}

std::string Tool::definition() const {
  Json made = definition_;
  made.set("inputSchema", Json::trusted(body_.input_schema));
  if (!body_.output_schema.empty()) made.set("outputSchema", Json::trusted(body_.output_schema));
  if (!annotations_.is_null()) made.set("annotations", annotations_);
  if (!icons_.is_null()) made.set("icons", icons_);
  if (!meta_.is_null()) made.set("_meta", meta_);
  if (task_support_ != TaskSupport::forbidden) {
    const bool required = task_support_ == TaskSupport::required;
    made.set("execution", Json::object({{"taskSupport", required ? "required" : "optional"}}));
  }
  return made.text();
}

}  // namespace sallyport
