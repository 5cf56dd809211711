#include "protocol/envelope.hpp"

#include "json/scanner.hpp"
#include "json/text.hpp"

#include <utility>

namespace sallyport::protocol {

namespace {

constexpr std::string_view server_info_key = R"("io.modelcontextprotocol/serverInfo":)";
constexpr std::string_view subscription_key = R"("io.modelcontextprotocol/subscriptionId":)";

std::string& our_name() noexcept {
  static std::string name = R"({"name":"sallyport","version":")" SALLYPORT_VERSION R"("})";
  return name;
}

// Everything up to the members of params, with room for these and the usual _meta.
std::string begin_request(std::string_view id, Method method, std::size_t params = 0) {
  std::string out;
  out.reserve(params + 512);
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"method":")";
  out += name(method);
  out += R"(","params":{)";
  return out;
}

std::string begin_notification(Method method) {
  std::string out = R"({"jsonrpc":"2.0","method":")";
  out += name(method);
  out += '"';
  return out;
}

// The last member of params, and the end of the message.
void end_with_meta(std::string& out, Revision revision, const Meta& meta) {
  out += R"("_meta":)";
  append_meta(out, revision, meta);
  out += "}}";
}

// The member `notifications` of subscriptions/listen and of its acknowledgement.
void append_notifications(std::string& out, Topics topics, std::span<const std::string> uris,
                          std::span<const std::string> tasks) {
  out += R"("notifications":{)";
  bool first = true;
  const auto key = [&](std::string_view name) {
    out += std::exchange(first, false) ? "\"" : ",\"";
    out.append(name).append("\":");
  };
  const auto list = [&](std::string_view name, std::span<const std::string> texts) {
    if (texts.empty()) return;
    key(name);
    out += '[';
    for (const std::string& text : texts) {
      json::append_quoted(out, text);
      out += ',';
    }
    out.back() = ']';
  };
  for (const TopicRow& each : topic_rows) {
    if (!topics.has(each.topic)) continue;
    key(each.filter);
    out += "true";
  }
  list("resourceSubscriptions", uris);
  list("taskIds", tasks);
  out += '}';
}

void append_instructions(std::string& out, std::string_view instructions) {
  if (instructions.empty()) return;
  out += R"(,"instructions":)";
  json::append_quoted(out, instructions);
}

void append_caching(std::string& out, std::uint64_t ttl_ms, CacheScope scope) {
  out += R"(,"ttlMs":)";
  out += std::to_string(ttl_ms);
  out += R"(,"cacheScope":)";
  out += scope == CacheScope::public_scope ? R"("public")" : R"("private")";
}

// append_result_meta() as a member that follows others.
void append_result_meta_member(std::string& out, Era era, std::string_view degraded) {
  if (era == Era::legacy && degraded.empty()) return;
  out += R"(,"_meta":)";
  append_result_meta(out, era, degraded);
}

}  // namespace

std::string_view implementation() noexcept {
  return our_name();
}

void introduce_as(std::string implementation) {
  our_name() = std::move(implementation);
}

void append_result_meta(std::string& out, Era era, std::string_view degraded) {
  if (era == Era::legacy && degraded.empty()) return;
  out.reserve(out.size() + server_info_key.size() + implementation().size() + degraded.size() + 64);
  out += '{';
  if (era == Era::modern) {
    out += server_info_key;
    out += implementation();
    if (!degraded.empty()) out += ',';
  }
  if (!degraded.empty()) {
    out += R"("dev.sallyport/degraded":)";
    out += degraded;
  }
  out += '}';
}

// ---- Towards upstreams.

void append_meta(std::string& out, Revision revision, const Meta& meta) {
  const std::size_t begin = out.size();
  out += '{';
  const auto key = [&](std::string_view text) {
    if (out.size() > begin + 1) out += ',';
    out += text;
  };
  if (!meta.progress_token.empty()) {
    key(R"("progressToken":)");
    out += meta.progress_token;
  }
  if (!meta.traceparent.empty()) {
    key(R"("traceparent":)");
    json::append_quoted(out, meta.traceparent);
  }
  if (!meta.tracestate.empty()) {
    key(R"("tracestate":)");
    json::append_quoted(out, meta.tracestate);
  }
  if (meta.hops > 0) {
    key(R"("dev.sallyport/hops":)");
    out += std::to_string(meta.hops);
  }
  if (era(revision) == Era::modern) {
    key(R"("io.modelcontextprotocol/protocolVersion":")");
    out += name(revision);
    out += R"(","io.modelcontextprotocol/clientInfo":)";
    out += implementation();
    out += R"(,"io.modelcontextprotocol/clientCapabilities":)";
    out += meta.client_capabilities;
    if (!meta.log_level.empty()) {
      out += R"(,"io.modelcontextprotocol/logLevel":)";
      json::append_quoted(out, meta.log_level);
    }
  }
  out += '}';
}

std::string initialize_request(std::string_view id, Revision offered, std::string_view capabilities) {
  std::string out = begin_request(id, Method::initialize);
  out += R"("protocolVersion":")";
  out += name(offered);
  out += R"(","capabilities":)";
  out += capabilities;
  out += R"(,"clientInfo":)";
  out += implementation();
  out += "}}";
  return out;
}

std::string initialized_notification() {
  return begin_notification(Method::notifications_initialized) + '}';
}

std::string discover_request(std::string_view id, const Meta& meta) {
  std::string out = begin_request(id, Method::server_discover);
  end_with_meta(out, latest_modern, meta);
  return out;
}

std::string ping_request(std::string_view id) {
  return begin_request(id, Method::ping) + "}}";
}

std::string list_request(std::string_view id, Revision revision, List list, std::string_view cursor,
                         const Meta& meta) {
  std::string out = begin_request(id, row(list).method);
  if (!cursor.empty()) {
    out += R"("cursor":)";
    out += cursor;
    out += ',';
  }
  end_with_meta(out, revision, meta);
  return out;
}

std::string tools_call_request(std::string_view id, Revision revision, std::string_view name,
                               std::string_view arguments, const Meta& meta, std::string_view more) {
  std::string out = begin_request(id, Method::tools_call, name.size() + arguments.size() + more.size());
  out += R"("name":)";
  json::append_quoted(out, name);
  if (!arguments.empty()) {
    out += R"(,"arguments":)";
    out += arguments;
  }
  out += ',';
  if (!more.empty()) out.append(more).append(",");
  end_with_meta(out, revision, meta);
  return out;
}

std::string request(std::string_view id, Revision revision, Method method, std::string_view params,
                    const Meta& meta) {
  std::string out = begin_request(id, method);
  out += params;
  if (!params.empty()) out += ',';
  end_with_meta(out, revision, meta);
  return out;
}

std::string listen_request(std::string_view id, std::span<const std::string> uris,
                           std::span<const std::string> tasks, const Meta& meta) {
  std::string out = begin_request(id, Method::subscriptions_listen);
  append_notifications(out, Topics::all(), uris, tasks);
  out += ',';
  end_with_meta(out, latest_modern, meta);
  return out;
}

std::string cancelled_notification(std::string_view id, std::string_view reason) {
  std::string out = begin_notification(Method::notifications_cancelled);
  out += R"(,"params":{"requestId":)";
  out += id;
  if (!reason.empty()) {
    out += R"(,"reason":)";
    json::append_quoted(out, reason);
  }
  out += "}}";
  return out;
}

// ---- Towards either side.

void append_result_response(std::string& out, std::string_view id, std::string_view result) {
  out.reserve(out.size() + id.size() + result.size() + 40);
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"result":)";
  out += result;
  out += '}';
}

std::string result_response(std::string_view id, std::string_view result) {
  std::string out;
  append_result_response(out, id, result);
  return out;
}

std::string method_not_found_response(std::string_view id) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"error":{"code":-32601,"message":"Method not found"}})";
  return out;
}

std::string unanswered_response(std::string_view id, std::string_view why) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"error":{"code":-32603,"message":)" + json::quote(why);
  return out += "}}";
}

// ---- Towards clients.

std::string initialize_result(Revision negotiated, const ServerCapabilities& capabilities,
                              std::string_view instructions) {
  std::string out = R"({"protocolVersion":")";
  out += name(negotiated);
  out += R"(",)";
  out += R"("capabilities":)";
  append_capabilities(out, capabilities, negotiated);
  out += R"(,"serverInfo":)";
  out += implementation();
  append_instructions(out, instructions);
  out += '}';
  return out;
}

std::string discover_result(const ServerCapabilities& capabilities, std::uint64_t ttl_ms, CacheScope scope,
                            std::string_view instructions) {
  std::string out = R"({"resultType":"complete","supportedVersions":)";
  out += supported_revisions_json;
  out += ',';
  out += R"("capabilities":)";
  append_capabilities(out, capabilities, latest_modern);
  append_instructions(out, instructions);
  append_caching(out, ttl_ms, scope);
  append_result_meta_member(out, Era::modern, {});
  out += '}';
  return out;
}

std::string empty_result(Revision revision) {
  if (era(revision) == Era::legacy) return "{}";
  std::string out = R"({"resultType":"complete")";
  append_result_meta_member(out, Era::modern, {});
  out += '}';
  return out;
}

std::string list_result(List list, Revision revision, std::string_view entries, std::string_view next_cursor,
                        std::uint64_t ttl_ms, CacheScope scope, std::string_view degraded) {
  std::string out;
  out.reserve(entries.size() + next_cursor.size() + degraded.size() + 256);
  out += "{\"";
  out += row(list).member;
  out += "\":";
  out += entries;
  if (!next_cursor.empty()) {
    out += R"(,"nextCursor":)";
    json::append_quoted(out, next_cursor);
  }
  if (era(revision) == Era::modern) {
    out += R"(,"resultType":"complete")";
    append_caching(out, ttl_ms, scope);
  }
  append_result_meta_member(out, era(revision), degraded);
  out += '}';
  return out;
}

std::string empty_completion(Revision revision) {
  std::string out = R"({"completion":{"values":[],"total":0,"hasMore":false})";
  if (era(revision) == Era::modern) {
    out += R"(,"resultType":"complete")";
    append_result_meta_member(out, Era::modern, {});
  }
  out += '}';
  return out;
}

std::string list_changed_notification(Topic topic, std::string_view subscription) {
  std::string out = begin_notification(row(topic).notification);
  if (!subscription.empty()) {
    out += R"(,"params":{"_meta":{)";
    out += subscription_key;
    out += subscription;
    out += "}}";
  }
  out += '}';
  return out;
}

std::string resource_updated_notification(std::string_view uri, std::string_view subscription) {
  std::string out = begin_notification(Method::notifications_resources_updated);
  out += R"(,"params":{"uri":)";
  json::append_quoted(out, uri);
  if (!subscription.empty()) {
    out += R"(,"_meta":{)";
    out += subscription_key;
    out += subscription;
    out += '}';
  }
  out += "}}";
  return out;
}

std::string elicitation_complete_notification(std::string_view id) {
  return begin_notification(Method::notifications_elicitation_complete) + R"(,"params":{"elicitationId":)" +
         json::quote(id) + "}}";
}

std::string listen_acknowledged_notification(std::string_view subscription, Topics topics,
                                             std::span<const std::string> uris,
                                             std::span<const std::string> tasks) {
  std::string out = begin_notification(Method::notifications_subscriptions_acknowledged);
  out += R"(,"params":{)";
  append_notifications(out, topics, uris, tasks);
  out += R"(,"_meta":{)";
  out += subscription_key;
  out += subscription;
  out += "}}}";
  return out;
}

std::string listen_result(std::string_view subscription) {
  std::string out = R"({"resultType":"complete","_meta":{)";
  out += server_info_key;
  out += implementation();
  out += ',';
  out += subscription_key;
  out += subscription;
  out += "}}";
  return out;
}

}  // namespace sallyport::protocol
