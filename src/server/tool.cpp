#include "server/tool.hpp"

#include "errors/tool_errors.hpp"
#include "schema/schema.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t max_secret_name = 128;

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

std::string wrapped_schema(const std::string& schema) {
  return R"({"type":"object","properties":{"result":)" + schema + R"(},"required":["result"]})";
}

}  // namespace detail

Tool::Tool(std::string_view name, std::string_view description, detail::ToolBody body)
    : name_(name), body_(std::move(body)), definition_(Json::object({{"name", name}})) {
  this->description(description);
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
  using schema::Doubt;
  schema_ = nullptr;
  body_.input_schema = written.text();
  if (!checked) return *this;
  auto compiled = std::make_shared<const schema::Schema>(schema::Schema::compile(written.text()));
  if (compiled->doubt() != Doubt::none && compiled->doubt() != Doubt::keyword)
    throw ToolInputSchemaError("the input schema of the tool '" + name_ +
                               "' cannot be checked: " + std::string(schema::name(compiled->doubt())) + " (" +
                               compiled->about() + "); write `checked` false to show it only");
  schema_ = std::move(compiled);
  return *this;
}

Result<void> Tool::check(std::string_view arguments) const {
  if (!schema_) return {};
  const schema::Verdict verdict = schema_->check(arguments.empty() ? "{}" : arguments);
  if (verdict.fits()) return {};
  Error error(Code::tool_invalid_args);
  error.with_executed(Executed::no);
  if (!verdict.misfit)
    return fail(error.with_slot(Slot::constraint, "they cannot be checked against the schema"));
  error.with_slot(Slot::constraint, verdict.misfit->rule);
  if (!verdict.misfit->pointer.empty()) error.with_slot(Slot::pointer, verdict.misfit->pointer);
  return fail(std::move(error));
}

Tool& Tool::output_schema(const Json& schema) {
  body_.output_schema = schema.text();
  return *this;
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
