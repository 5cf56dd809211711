#include "server/content.hpp"

#include "base/strings.hpp"

namespace sallyport {
namespace {

void set_if_any(Json& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.set(key, text);
}

Json texts(const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) list.push_back(value);
  return list;
}

Json data_block(std::string_view type, std::string_view bytes, std::string_view mime_type) {
  return Json::object({{"type", type}, {"data", base64_encode(bytes)}, {"mimeType", mime_type}});
}

Json embedded(std::string_view uri, std::string_view mime_type, std::string_view key, const Json& data) {
  Json contents = Json::object({{"uri", uri}});
  if (!mime_type.empty()) contents.set("mimeType", mime_type);
  contents.set(key, data);
  return Json::object({{"type", "resource"}, {"resource", contents}});
}

}  // namespace

Json Annotations::json() const {
  Json made = Json::object();
  if (!audience.empty()) made.set("audience", texts(audience));
  if (priority) made.set("priority", *priority);
  set_if_any(made, "lastModified", last_modified);
  return made;
}

Json Icon::json() const {
  Json made = Json::object({{"src", src}});
  set_if_any(made, "mimeType", mime_type);
  if (!sizes.empty()) made.set("sizes", texts(sizes));
  set_if_any(made, "theme", theme);
  return made;
}

Content Content::text(std::string_view text) {
  return {Kind::text, Json::object({{"type", "text"}, {"text", text}})};
}

Content Content::image(std::string_view bytes, std::string_view mime_type) {
  return {Kind::image, data_block("image", bytes, mime_type)};
}

Content Content::audio(std::string_view bytes, std::string_view mime_type) {
  return {Kind::audio, data_block("audio", bytes, mime_type)};
}

Content Content::resource_link(const Link& link) {
  Json made = Json::object({{"type", "resource_link"}, {"uri", link.uri}, {"name", link.name}});
  set_if_any(made, "title", link.title);
  set_if_any(made, "description", link.description);
  set_if_any(made, "mimeType", link.mime_type);
  if (link.size) made.set("size", *link.size);
  return {Kind::resource_link, made};
}

Content Content::embedded_text(std::string_view uri, std::string_view text, std::string_view mime_type) {
  return {Kind::resource, embedded(uri, mime_type, "text", text)};
}

Content Content::embedded_blob(std::string_view uri, std::string_view bytes, std::string_view mime_type) {
  return {Kind::resource, embedded(uri, mime_type, "blob", base64_encode(bytes))};
}

Content& Content::annotate(const Annotations& annotations) {
  json_.set("annotations", annotations.json());
  return *this;
}

Content& Content::meta(std::string_view key, const Json& value) {
  Json all = json_.find("_meta").value_or(Json::object());
  json_.set("_meta", all.set(key, value));
  return *this;
}

ToolResult ToolResult::error(std::string_view text) {
  ToolResult made(Content::text(text));
  made.is_error = true;
  return made;
}

}  // namespace sallyport
