#include "server/results.hpp"

#include "base/strings.hpp"
#include "protocol/envelope.hpp"

#include <ranges>

namespace sallyport::server {
namespace {

using protocol::Era;
using protocol::Revision;

constexpr std::size_t max_proposals = 100;

std::string words(const Content& content, std::string_view first, std::string_view second) {
  return content.json().find(first).value_or(Json("")).as_string().value_or("") + ": " +
         content.json().find(second).value_or(Json("")).as_string().value_or("");
}

}  // namespace

std::string result(std::string_view members, const Json& meta, Revision revision) {
  std::string out = "{";
  out += members;
  Json all = meta;
  if (protocol::era(revision) == Era::modern) {
    out += out.size() > 1 ? "," : "";
    out += R"("resultType":"complete")";
    all.set("io.modelcontextprotocol/serverInfo", Json::trusted(std::string(protocol::implementation())));
  }
  if (!all.is_null()) {
    out += out.size() > 1 ? "," : "";
    out += R"("_meta":)";
    out += all.text();
  }
  out += '}';
  return out;
}

std::string block(const Content& content, Revision revision) {
  using enum Content::Kind;
  if (content.kind() == resource_link && revision < Revision::v2025_06_18)
    return Content::text(words(content, "name", "uri")).json().text();
  if (content.kind() == audio && revision < Revision::v2025_03_26)
    return Content::text("[" + words(content, "type", "mimeType") +
                         ", which this revision of the protocol cannot carry]")
        .json()
        .text();
  return content.json().text();
}

std::string read_result(const ReadResult& result, const Resource& resource, std::string_view uri,
                        Revision revision) {
  Json contents = Json::array();
  for (const ResourceContents& each : result.contents) {
    Json made = Json::object({{"uri", each.uri.empty() ? uri : std::string_view(each.uri)}});
    const std::string& type = each.mime_type.empty() ? resource.type() : each.mime_type;
    if (!type.empty()) made.set("mimeType", type);
    if (each.binary) {
      made.set("blob", base64_encode(each.data));
    } else {
      made.set("text", each.data);
    }
    contents.push_back(made);
  }
  std::string members = R"("contents":)" + contents.text();
  if (protocol::era(revision) == Era::modern)
    members += R"(,"ttlMs":)" + std::to_string(resource.kept_for().count()) + R"(,"cacheScope":"private")";
  return server::result(members, {}, revision);
}

std::string prompt_result(const PromptResult& result, Revision revision) {
  std::string members;
  if (!result.description.empty()) members = R"("description":)" + Json(result.description).text() + ",";
  members += R"("messages":[)";
  for (const PromptMessage& message : result.messages) {
    if (!members.ends_with('[')) members += ',';
    members +=
        message.role == Role::user ? R"({"role":"user","content":)" : R"({"role":"assistant","content":)";
    members += block(message.content, revision);
    members += '}';
  }
  members += ']';
  return server::result(members, {}, revision);
}

std::string completion_result(const std::vector<std::string>& values, Revision revision) {
  Json first = Json::array();
  for (const std::string& value : values | std::views::take(max_proposals)) first.push_back(value);
  const Json completion =
      Json::object({{"values", first}, {"total", values.size()}, {"hasMore", values.size() > max_proposals}});
  return server::result(R"("completion":)" + completion.text(), {}, revision);
}

std::string call_result(const ToolResult& result, Revision revision) {
  std::string members = R"("content":[)";
  for (const Content& content : result.content) {
    if (!members.ends_with('[')) members += ',';
    members += block(content, revision);
  }
  members += ']';
  if (result.structured && !result.is_error && revision >= Revision::v2025_06_18) {
    members += R"(,"structuredContent":)";
    members += result.structured->text();
  }
  if (result.is_error) members += R"(,"isError":true)";
  return server::result(members, result.meta.value_or(Json()), revision);
}

bool says_error(const std::string& result) {
  return Json::trusted(result).find("isError").value_or(Json()).as_bool().value_or(false);
}

}  // namespace sallyport::server
