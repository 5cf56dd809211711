// A failure as one JSON object, as `sallyport classify` takes it: read strictly, then classified.
#pragma once

#include "base/clock.hpp"
#include "classify/curl.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::classify {

enum class Source : std::uint8_t {
  http,
  curl,
  asio,
  http_parser,
  openssl,
  system,  // errno
  graphql,
  grpc,
  jsonrpc,
  mcp_result,
  exception
};

// The tool that was called, as its server and the operator describe it.
struct ToolFacts {
  std::string name;
  bool read_only = false;
  bool idempotent = false;
  bool trusted = false;  // its server is
};

// What stands in a line; members that its source does not have are left as they are.
struct Line {
  Source source = Source::http;
  std::optional<int> status;
  std::vector<std::pair<std::string, std::string>> headers;
  std::variant<std::monostate, std::int64_t, std::string> code;
  CurlFailure curl;            // but its code
  std::string graphql_errors;  // the JSON text; empty: none
  std::int64_t rpc_code = 0;
  bool is_error = false;  // of a result
  std::string type;       // of an exception
  std::string detail;     // and what the peer's own answer says
  std::string method;
  std::string url;
  std::string server;
  std::optional<SystemTime> now;
  std::optional<Executed> executed;
  std::optional<Phase> phase;
  std::optional<AbortedBy> aborted_by;
  Operation operation = Operation::none;
  std::optional<ToolFacts> tool;
};

// Why a line is not valid: the member, as a JSON Pointer (empty: the line itself), and a sentence of ours.
struct LineFault {
  std::string pointer;
  std::string message;
};

inline constexpr std::size_t max_line_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_line_headers = 256;

// Members that are not known are passed over, null counts as absent.
std::expected<Line, LineFault> read_line(std::string_view text);

struct Finding {
  Error error;
  std::string message;  // for the agent, in words of ours
};

// `now` where the line brings none. `refuses_with`: the statuses with which its server says that it did not
// run it. Nothing: the line tells of no failure.
std::expected<std::optional<Finding>, LineFault> classify_line(const Line& line, SystemTime now,
                                                               std::span<const int> refuses_with);

}  // namespace sallyport::classify
