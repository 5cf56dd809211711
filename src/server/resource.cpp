#include "server/resource.hpp"

#include "errors/tool_errors.hpp"
#include "server/uri_variables.hpp"

namespace sallyport {
namespace detail {
namespace {

server::UriVariables parsed(std::string_view uri_template) {
  auto variables = server::UriVariables::parse(uri_template);
  if (!variables) throw ToolDefinitionError(variables.error().developer_message());
  return *std::move(variables);
}

}  // namespace

std::vector<std::string> template_variables(std::string_view uri_template) {
  return parsed(uri_template).names();
}

ReadResult Giving<ReadResult>::made(const Json& value) {
  ResourceContents contents(value.text());
  contents.mime_type = "application/json";
  return made(std::move(contents));
}

}  // namespace detail

Resource::Resource(Kind kind, std::string_view uri, std::string_view name, std::string_view description,
                   detail::Body<ReadResult> body)
    : kind_(kind),
      uri_(uri),
      body_(std::move(body)),
      definition_(Json::object({{kind == Kind::one ? "uri" : "uriTemplate", uri}, {"name", name}})) {
  if (!description.empty()) definition_.set("description", description);
}

Resource& Resource::title(std::string_view title) {
  definition_.set("title", title);
  return *this;
}

Resource& Resource::mime_type(std::string_view type) {
  mime_type_ = type;
  definition_.set("mimeType", type);
  return *this;
}

Resource& Resource::size(std::uint64_t bytes) {
  definition_.set("size", bytes);
  return *this;
}

Resource& Resource::annotate(const Annotations& annotations) {
  definition_.set("annotations", annotations.json());
  return *this;
}

Resource& Resource::icon(const Icon& icon) {
  Json icons = definition_.find("icons").value_or(Json::array());
  definition_.set("icons", icons.push_back(icon.json()));
  return *this;
}

Resource& Resource::meta(std::string_view key, const Json& value) {
  Json all = definition_.find("_meta").value_or(Json::object());
  definition_.set("_meta", all.set(key, value));
  return *this;
}

Resource& Resource::keep_for(std::chrono::milliseconds time) {
  keep_ = time;
  return *this;
}

Resource& Resource::complete(std::string_view variable, Completer completer) {
  completers_[std::string(variable)] = std::move(completer);
  return *this;
}

std::optional<std::string> Resource::match(std::string_view uri) const {
  if (kind_ == Kind::one) return uri == uri_ ? std::optional<std::string>("{}") : std::nullopt;
  const auto variables = detail::parsed(uri_).match(uri);
  if (!variables) return std::nullopt;
  Json arguments = Json::object();
  for (const auto& [name, value] : *variables) arguments.set(name, value);
  return arguments.text();
}

}  // namespace sallyport
