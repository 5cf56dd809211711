// One row a code: everything that follows from it. docs/errors.md, `explain`, metrics and the renderers read
// these rows.
#pragma once

#include "errors/code.hpp"
#include "errors/kind.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport {

enum class Family : std::uint8_t {
  auth,
  guard,
  tool,
  disc,
  config,
  net,
  sys,
  telem,
  cache,
  proto,
  limit,
  recovery,
  policy
};
enum class Severity : std::uint8_t { low, medium, high, critical };
enum class Strategy : std::uint8_t { none, retry, fallback, fail_open, fail_closed, escalate, ignore };

// Where a failure shows: as an isError result of tools/call, as a JSON-RPC error, as an HTTP status, or
// nowhere.
enum class Surface : std::uint8_t { tool, rpc, http, none };

std::string_view name(Family family) noexcept;
std::string_view name(Severity severity) noexcept;
std::string_view name(Strategy strategy) noexcept;
std::string_view name(Surface surface) noexcept;

struct CatalogRow {
  Code code;
  std::string_view wire_name;
  std::string_view full_name;
  Family family;
  Severity severity;
  Strategy strategy;
  Kind kind;
  bool can_retry;
  Surface surface;           // within tools/call; elsewhere `tool` means `rpc`
  int rpc_code_legacy;       // 0: none is ever emitted
  int rpc_code_modern;       // 0: none is ever emitted
  int http_status;           // 200 but for the closed list of errors.md section 2
  Code shown_as;             // what an outsider may learn; the code itself unless existence is a secret
  std::string_view text;     // what failed and who: a template whose {slots} are filled from Slot values only
  std::string_view action;   // what to do, for the reader of the text; may be empty
  std::string_view meaning;  // one sentence for docs and explain
  std::string_view who_acts;      // caller, operator, developer of the server, nobody
  std::string_view gateway_does;  // what the gateway does about it
  std::span<const std::string_view> suggested_actions;
};

const CatalogRow& row(Code code) noexcept;
std::span<const CatalogRow> catalog() noexcept;

}  // namespace sallyport
