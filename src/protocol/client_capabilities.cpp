#include "protocol/client_capabilities.hpp"

#include "json/scanner.hpp"

namespace sallyport::protocol {
namespace {

using json::Type;

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

json::Value object(std::string_view text, json::Span in, std::string_view key) {
  const json::Value value = json::find_member(text, in, key).value;
  return value.is(Type::object) ? value : json::Value();
}

void add(std::string& out, std::string_view member) {
  if (out.back() != '{') out += ',';
  out += member;
}

}  // namespace

ClientCapabilities read_client_capabilities(std::string_view raw) {
  ClientCapabilities can;
  if (raw.empty() || raw.front() != '{' || raw == "{}") return can;
  can.roots = bool(object(raw, whole(raw), "roots"));
  if (const json::Value sampling = object(raw, whole(raw), "sampling")) {
    can.sampling = true;
    can.sampling_tools = bool(object(raw, sampling.span, "tools"));
    can.sampling_context = bool(object(raw, sampling.span, "context"));
  }
  if (const json::Value elicitation = object(raw, whole(raw), "elicitation")) {
    can.urls = bool(object(raw, elicitation.span, "url"));
    can.forms = !can.urls || object(raw, elicitation.span, "form");
  }
  return can;
}

ClientCapabilities within(ClientCapabilities can, Revision revision) {
  const bool modes = revision >= Revision::v2025_11_25;
  can.sampling_context = can.sampling_context && modes;
  can.sampling_tools = can.sampling_tools && modes;
  can.urls = can.urls && modes;
  can.forms = can.forms && revision >= Revision::v2025_06_18;
  return can;
}

std::string client_capabilities_json(const ClientCapabilities& capabilities, Revision revision) {
  const ClientCapabilities can = within(capabilities, revision);
  std::string out = "{";
  if (can.sampling) {
    add(out, R"("sampling":{)");
    if (can.sampling_context) add(out, R"("context":{})");
    if (can.sampling_tools) add(out, R"("tools":{})");
    out += '}';
  }
  if (revision >= Revision::v2025_11_25 && (can.forms || can.urls)) {
    add(out, R"("elicitation":{)");
    if (can.forms) add(out, R"("form":{})");
    if (can.urls) add(out, R"("url":{})");
    out += '}';
  } else if (can.forms) {
    add(out, R"("elicitation":{})");
  }
  if (can.roots) add(out, R"("roots":{})");
  out += '}';
  return out;
}

}  // namespace sallyport::protocol
