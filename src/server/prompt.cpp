#include "server/prompt.hpp"

namespace sallyport {
namespace {

bool contains(const Json& list, std::string_view text) {
  for (const Json& each : list.elements())
    if (each.as_string() == text) return true;
  return false;
}

// The arguments as a prompt has them, out of the schema of the function.
Json arguments_of(const std::string& input_schema) {
  const Json schema = Json::trusted(input_schema);
  const Json required = schema.find("required").value_or(Json::array());
  Json arguments = Json::array();
  for (const auto& [name, property] : schema.find("properties").value_or(Json::object()).members()) {
    Json argument = Json::object({{"name", name}});
    if (const auto description = property.find("description")) argument.set("description", *description);
    argument.set("required", contains(required, name));
    arguments.push_back(argument);
  }
  return arguments;
}

}  // namespace

Prompt::Prompt(std::string_view name, std::string_view description, detail::Body<PromptResult> body)
    : name_(name), body_(std::move(body)), definition_(Json::object({{"name", name}})) {
  if (!description.empty()) definition_.set("description", description);
}

Prompt& Prompt::title(std::string_view title) {
  definition_.set("title", title);
  return *this;
}

Prompt& Prompt::icon(const Icon& icon) {
  Json icons = definition_.find("icons").value_or(Json::array());
  definition_.set("icons", icons.push_back(icon.json()));
  return *this;
}

Prompt& Prompt::meta(std::string_view key, const Json& value) {
  Json all = definition_.find("_meta").value_or(Json::object());
  definition_.set("_meta", all.set(key, value));
  return *this;
}

Prompt& Prompt::complete(std::string_view argument, Completer completer) {
  completers_[std::string(argument)] = std::move(completer);
  return *this;
}

std::string Prompt::definition() const {
  Json made = definition_;
  const Json arguments = arguments_of(body_.input_schema);
  if (arguments != Json::array()) made.set("arguments", arguments);
  return made.text();
}

}  // namespace sallyport
