#include "server/results.hpp"

#include "json/scanner.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::server {
namespace {

using protocol::Era;
using protocol::Revision;

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

}  // namespace sallyport::server
