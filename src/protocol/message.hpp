// One JSON-RPC message: checked in one strict scan that also yields the places of every member that the
// gateway reads.
#pragma once

#include "errors/error.hpp"
#include "errors/result.hpp"
#include "json/scanner.hpp"
#include "protocol/lists.hpp"
#include "protocol/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::protocol {

enum class MessageKind : std::uint8_t { request, notification, result_response, error_response };

// The members that a scan finds, named by their path. Absent ones have Type::absent.
enum class Field : std::uint8_t {
  jsonrpc,
  id,
  method,
  params,
  name,               // params.name
  uri,                // params.uri
  task_id,            // params.taskId
  arguments,          // params.arguments
  task,               // params.task (2025-11-25)
  cursor,             // params.cursor
  request_id,         // params.requestId (notifications/cancelled)
  request_state,      // params.requestState
  input_responses,    // params.inputResponses
  notifications,      // params.notifications (subscriptions/listen and its acknowledgement)
  protocol_version,   // params.protocolVersion (initialize)
  capabilities,       // params.capabilities (initialize)
  client_info,        // params.clientInfo (initialize)
  notified_token,     // params.progressToken (notifications/progress)
  meta,               // params._meta, and its members:
  progress_token,     // progressToken
  traceparent,        // traceparent
  hops,               // dev.sallyport/hops
  meta_version,       // io.modelcontextprotocol/protocolVersion: the claim of a modern envelope
  meta_client_info,   // io.modelcontextprotocol/clientInfo
  meta_capabilities,  // io.modelcontextprotocol/clientCapabilities
  meta_log_level,     // io.modelcontextprotocol/logLevel
  meta_subscription,  // io.modelcontextprotocol/subscriptionId (notifications from an upstream)
  result,
  is_error,                   // result.isError
  result_type,                // result.resultType
  ttl_ms,                     // result.ttlMs
  cache_scope,                // result.cacheScope
  content,                    // result.content
  structured_content,         // result.structuredContent
  next_cursor,                // result.nextCursor
  tools,                      // result.tools
  result_version,             // result.protocolVersion (initialize)
  result_capabilities,        // result.capabilities (initialize, server/discover)
  result_tools_capability,    // result.capabilities.tools
  result_tools_list_changed,  // result.capabilities.tools.listChanged
  supported_versions,         // result.supportedVersions (server/discover)
  instructions,               // result.instructions
  server_info,                // result.serverInfo (initialize)
  result_meta,                // result._meta, and its member:
  result_server_info,         // io.modelcontextprotocol/serverInfo
  error,
  error_code,       // error.code
  error_message,    // error.message
  error_data,       // error.data
  error_supported,  // error.data.supported (-32022)
};

inline constexpr std::size_t field_count = static_cast<std::size_t>(Field::error_supported) + 1;

// Spans are offsets into the bytes that were parsed, so a Message stays good when they move.
class Message {
 public:
  MessageKind kind() const { return kind_; }
  Method method() const { return method_; }  // `unknown` for responses too
  bool is_request() const { return kind_ == MessageKind::request; }
  bool is_notification() const { return kind_ == MessageKind::notification; }
  bool is_response() const { return kind_ >= MessageKind::result_response; }

  // CR or LF stands outside strings: a line-framed peer needs json::line_safe() first.
  bool has_line_breaks() const { return line_breaks_; }

  const json::Member& operator[](Field field) const { return fields_[static_cast<std::size_t>(field)]; }
  bool has(Field field) const { return fields_.has(static_cast<std::size_t>(field)); }
  bool is(Field field, json::Type type) const { return (*this)[field].value.is(type); }

  // The text of a member's value as it stands (a string's with its quotes); empty if it is absent.
  std::string_view raw(Field field, std::string_view bytes) const { return (*this)[field].value.of(bytes); }

  // The id as it stands, `1` and `"1"` apart; empty for notifications and for an error response that has
  // none.
  std::string_view id(std::string_view bytes) const { return raw(Field::id, bytes); }

  // The unescaped text of a string member: a view into `bytes`, or into `scratch` where there was something
  // to unescape. Nothing if the member is absent or no string.
  std::optional<std::string_view> text(Field field, std::string_view bytes, std::string& scratch) const;

  // The method's name, unescaped, known to us or not.
  std::string method_name(std::string_view bytes) const;

  // `error.code` of an error response; 0 if it does not fit an int.
  int error_code(std::string_view bytes) const;

 private:
  friend class MessageParser;
  MessageKind kind_ = MessageKind::request;
  Method method_ = Method::unknown;
  bool line_breaks_ = false;
  json::Found<field_count> fields_;
};

enum class Flaw : std::uint8_t {
  not_json,     // the scanner refused it: `fault` says why
  over_limit,   // the scanner's size, string, depth or key limit
  batch,        // a JSON array: parse_batch() may take it
  not_jsonrpc,  // JSON, but no JSON-RPC 2.0 message
};

// Why bytes are no message. `error` speaks of a client's bytes (PROTO_001, PROTO_002, LIMIT_005; executed:
// no); who reads an upstream's makes an Error of its own from `flaw`.
struct BadMessage {
  Error error;
  Flaw flaw;
  std::optional<json::Fault> fault;
  std::string id;  // raw JSON text, if the message had one that can be answered to
};

inline constexpr std::size_t max_id_bytes = 256;
inline constexpr std::size_t max_batch = 50;

// Strict JSON (json/scanner.hpp) and the shape of JSON-RPC 2.0 as MCP uses it: `jsonrpc` is "2.0"; exactly
// one of request, notification and response; ids are strings or integers (null only in an error response,
// where it means none); params, result and error are objects; error.code is an integer, error.message a
// string.
std::expected<Message, BadMessage> parse_message(std::string_view bytes, const json::Limits& limits = {});
// The same into a message that stands where it is needed (it is large); nothing, or why it is none.
std::optional<BadMessage> parse_message_into(Message& message, std::string_view bytes,
                                             const json::Limits& limits = {});

// The messages of an array, 1 to max_batch, unlooked at: each is then parsed by itself. Which connections may
// send one (2025-03-26 only) is the caller's knowledge.
std::expected<std::vector<json::Span>, BadMessage> parse_batch(std::string_view bytes,
                                                               const json::Limits& limits = {});

// The types of the params that this method requires (PROTO_004 naming the member): `name` of tools/call is a
// string, `arguments` an object, `cursor` a string, progressToken and requestId strings or integers, and so
// on.
Result<> check_params(const Message& message, std::string_view bytes);

// Which list_changed notifications a subscriptions/listen asks for.
// The URIs whose updates a subscriptions/listen asks for, each once; its params were checked.
std::vector<std::string> listen_uris(const Message& message, std::string_view bytes);
Topics listen_topics(const Message& message, std::string_view bytes);

}  // namespace sallyport::protocol
