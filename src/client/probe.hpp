// Reads an upstream's era out of its answer to server/discover (the spec's detection rules; mcp-wire 3.1).
#pragma once

#include "protocol/message.hpp"

#include <string_view>

namespace sallyport::client {

enum class ProbeVerdict : std::uint8_t {
  modern,        // it speaks our modern revision
  legacy,        // it does not know the question: `initialize` is next
  incompatible,  // it is modern, but none of its revisions is ours; falling back would be wrong
};

// For a JSON-RPC answer. Anything else over HTTP (400, 404 or 405 without one) is legacy evidence; 401, 403,
// 5xx and silence over HTTP say nothing about the era.
ProbeVerdict judge_probe(std::string_view bytes, const protocol::Message& answer);

}  // namespace sallyport::client
