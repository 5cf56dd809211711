// Turns an Error into the canonical failure, and that into what each revision puts on the wire.
#pragma once

#include "base/ids.hpp"
#include "errors/error.hpp"
#include "protocol/revision.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::protocol {

// What the gateway already did about a failure (`recovery` on the wire).
struct RecoveryNote {
  Strategy strategy = Strategy::none;
  int attempts = 0;
  std::string_view outcome;  // a word of recovery/outcome.hpp: "gave_up", "not_repeatable"
};

struct FailureContext {
  CorrelationId correlation = {};
  // Shown, and named in the text, but where existence is a secret: the key in `servers:`, and the name that
  // the caller knows the tool by. Empty until the call was resolved in the caller's own view.
  std::string_view server = {};
  std::string_view tool = {};
  bool idempotent = false;  // errors.md section 5: may the call be repeated though it may have run?
  bool tools_call = false;  // within tools/call; elsewhere an isError result has no place
  std::optional<RecoveryNote> recovery = std::nullopt;
  std::string_view additional_prompt_content = {};
};

// Everything that a client may learn of a failure. Made once; the adapters below only pick.
struct CanonicalFailure {
  Code code;        // as shown
  Surface surface;  // tool, rpc, http, or none: nothing is sent (a cancelled request)
  std::string text;
  std::string object;     // the dev.sallyport/error object, a JSON text
  std::string spec_data;  // `"name":value,…` of error.data that the spec defines, without braces
  int rpc_code_legacy;
  int rpc_code_modern;
  std::optional<std::int64_t> retry_after_seconds;  // rounded up
};

CanonicalFailure render(const Error& error, const FailureContext& context);

// The CallToolResult: isError, one text block, _meta["dev.sallyport/error"]; modern adds resultType and
// serverInfo.
std::string to_tool_result(const CanonicalFailure& failure, Revision revision);

// The whole JSON-RPC error message. `id` is raw JSON text; empty: none is known (`null` in the legacy eras,
// left out in the modern one).
std::string to_jsonrpc_error(const CanonicalFailure& failure, std::string_view id, Revision revision);

// The answer to a request: the tool result in its response where the surface is `tool`, else the JSON-RPC
// error.
std::string to_response(const CanonicalFailure& failure, std::string_view id, Revision revision);

}  // namespace sallyport::protocol
