// The sentence that a person or a model reads: what failed and who, whether it ran, what to do, and how to
// refer to it.
#pragma once

#include "errors/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

// The hexadecimal form of the request's CorrelationId.
using CorrelationText = std::string_view;

// What the text must know about the request that failed.
struct CallFacts {
  bool idempotent =
      false;              // by errors.md section 5; lists, reads, prompts, completion and discover always are
  bool tool_call = true;  // false where nothing could have run, as for lists
};

// The row that an outsider sees: its code, texts, suggestions, surface and numbers stand for the error
// everywhere outside the gateway.
const CatalogRow& shown_row(const Error& error) noexcept;

// May this very call be repeated? `canRetry` on the wire.
bool call_can_retry(const Error& error, bool idempotent) noexcept;

// Whole seconds, rounded up.
std::optional<std::int64_t> retry_after_seconds(const Error& error) noexcept;

// The first sentence alone: "Server 'files' did not answer within 55 s."
std::string what_failed(const Error& error);

// "Server 'files' did not answer within 55 s. It did not run. Wait 12 s, then call again. (NET_001, ref
// 7f3a…)"
std::string render_text(const Error& error, const CorrelationText& ref, CallFacts facts);

}  // namespace sallyport
