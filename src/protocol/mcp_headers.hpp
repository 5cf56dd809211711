// The headers that mirror a modern request's body (Mcp-Name, Mcp-Param-*): their encoding, their making,
// their check.
#pragma once

#include "errors/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::protocol {

// Plain if printable ASCII without white space at its ends and not itself of the form `=?base64?…?=`; else
// `=?base64?<standard base64 of the bytes>?=`.
std::string encode_header_value(std::string_view text);

// The reverse; nothing for a `=?base64?…?=` whose inside is not base64 of valid UTF-8. White space around the
// value is not part of it. Anything else is literal.
std::optional<std::string> decode_header_value(std::string_view value);

enum class ParamType : std::uint8_t { string, integer, boolean };

// One `x-mcp-header` of a tool's inputSchema.
struct ParamHeader {
  std::string name;               // "Mcp-Param-Region"
  std::vector<std::string> path;  // keys from `arguments` down
  std::string pointer;            // the same as a JSON Pointer
  ParamType type = ParamType::string;

  friend bool operator==(const ParamHeader&, const ParamHeader&) = default;
};

inline constexpr std::size_t max_param_headers = 64;

// The mirrored parameters of an inputSchema (a JSON text that was scanned). DISC_003 if an annotation breaks
// the rules: a non-empty RFC 9110 token, unique without regard to case, on an integer, string or boolean,
// reachable by a chain of `properties` only. Such a tool is dropped by HTTP clients, its neighbours stay.
Result<std::vector<ParamHeader>> param_headers(std::string_view input_schema);

struct HeaderField {
  std::string name;
  std::string value;

  friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

// The headers for these arguments (a scanned JSON object, or empty): absent, null and non-primitive values
// have none.
std::vector<HeaderField> build_param_headers(std::span<const ParamHeader> spec, std::string_view arguments);

// A header field as a server sees it.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// Does every mirrored argument have its header with an equal value? Integers compare as numbers. Headers that
// the spec does not name, or whose argument is absent or null, are not looked at. PROTO_005 naming the
// header.
Result<> check_param_headers(std::span<const ParamHeader> spec, std::string_view arguments,
                             std::span<const HeaderView> headers);

}  // namespace sallyport::protocol
