// Builds what the gateway itself says: requests and notifications to upstreams, results and notifications to
// clients.
//
// Everything is appended as text. `id`, `token`, `arguments`, `capabilities`, `cursor` … named raw are JSON
// texts that were scanned or made by us; they are not checked again.
#pragma once

#include "protocol/capabilities.hpp"
#include "protocol/lists.hpp"
#include "protocol/method.hpp"
#include "protocol/revision.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::protocol {

// Our clientInfo and serverInfo, a JSON object: {"name":"sallyport","version":"…"} unless this program is
// somebody else's server and said so before it served anything.
std::string_view implementation() noexcept;
void introduce_as(std::string implementation);

// The `_meta` object of a result to a client: our serverInfo in the modern era, and `degraded` (a raw value
// for dev.sallyport/degraded) if there is any. Appends nothing where both are absent.
void append_result_meta(std::string& out, Era era, std::string_view degraded);

// ---- Towards upstreams.

// What stands in the `_meta` of a request to an upstream. It is built, never copied.
struct Meta {
  std::string_view progress_token = {};  // raw; empty: none
  std::string_view traceparent = {};     // plain text
  std::string_view tracestate = {};      // plain text
  int hops = 0;                          // 0: none
  // Modern only:
  std::string_view client_capabilities = "{}";  // raw
  std::string_view log_level = {};              // plain text
};

// Appends the `_meta` object for this revision, the envelope with it for the modern one; `{}` if there is
// nothing.
void append_meta(std::string& out, Revision revision, const Meta& meta);

std::string initialize_request(std::string_view id, Revision offered, std::string_view capabilities = "{}");
std::string initialized_notification();
std::string discover_request(std::string_view id, const Meta& meta = {});
std::string ping_request(std::string_view id);
// `cursor`: raw, with its quotes; empty: the first page.
std::string list_request(std::string_view id, Revision revision, List list, std::string_view cursor,
                         const Meta& meta);
// `name`: plain text. `arguments`: raw; empty: none were given. `more`: raw members of params, or empty.
std::string tools_call_request(std::string_view id, Revision revision, std::string_view name,
                               std::string_view arguments, const Meta& meta, std::string_view more = {});
// Any other request: `params` are the raw members of params but for _meta, without braces.
std::string request(std::string_view id, Revision revision, Method method, std::string_view params,
                    const Meta& meta);
// Asks for every list_changed, for updates of these resources and news of these tasks.
std::string listen_request(std::string_view id, std::span<const std::string> uris,
                           std::span<const std::string> tasks, const Meta& meta = {});
// `id`: the raw id of our request; `reason`: plain text of ours.
std::string cancelled_notification(std::string_view id, std::string_view reason);

// ---- Towards either side.

// {"jsonrpc":"2.0","id":<id>,"result":<result>}
std::string result_response(std::string_view id, std::string_view result);
void append_result_response(std::string& out, std::string_view id, std::string_view result);
// -32601 to a request of a peer that we do not serve.
std::string method_not_found_response(std::string_view id);
// -32603 to a server's request that could not be answered; `why`: plain text of ours.
std::string unanswered_response(std::string_view id, std::string_view why);

// ---- Towards clients. Results are the text of `result`; wrap them with result_response().

enum class CacheScope : std::uint8_t { private_scope, public_scope };

std::string initialize_result(Revision negotiated, const ServerCapabilities& capabilities,
                              std::string_view instructions = {});
std::string discover_result(const ServerCapabilities& capabilities, std::uint64_t ttl_ms, CacheScope scope,
                            std::string_view instructions = {});
// The answer to ping and to all that has nothing to say.
std::string empty_result(Revision revision);
// `entries`: the raw array; `next_cursor`: plain text, empty: the last page; `degraded`: a raw value for
// _meta["dev.sallyport/degraded"], or empty.
std::string list_result(List list, Revision revision, std::string_view entries, std::string_view next_cursor,
                        std::uint64_t ttl_ms, CacheScope scope, std::string_view degraded = {});
// The answer to completion/complete where there is nothing to propose.
std::string empty_completion(Revision revision);

// notifications/…/list_changed; `subscription`: the raw id of the listen request that it goes to, or empty.
std::string list_changed_notification(Topic topic, std::string_view subscription = {});
// The first message of a listen stream; what is honoured of what was asked.
std::string listen_acknowledged_notification(std::string_view subscription, Topics topics,
                                             std::span<const std::string> uris = {},
                                             std::span<const std::string> tasks = {});
// notifications/resources/updated; `uri`: plain text; `subscription` as above.
std::string resource_updated_notification(std::string_view uri, std::string_view subscription = {});
// notifications/elicitation/complete; `id`: plain text.
std::string elicitation_complete_notification(std::string_view id);
// The result that ends a listen stream.
std::string listen_result(std::string_view subscription);

}  // namespace sallyport::protocol
