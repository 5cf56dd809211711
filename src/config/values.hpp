// Single values as the configuration writes them: rates, addresses, URLs, origins, names of header fields and
// variables.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::config {

// "100/s", "10/10s", "5000/h".
std::optional<Rate> parse_rate(std::string_view text);
std::string format_rate(const Rate& rate);

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "unix:/run/mcp.sock".
std::optional<Address> parse_address(std::string_view text);

// 127.0.0.0/8, ::1 and localhost.
bool is_loopback_host(std::string_view host);

struct Url {
  std::string scheme;  // lower case
  std::string host;    // lower case, without brackets
  std::uint16_t port = 0;
  std::string path;
  bool has_userinfo = false;
  bool has_fragment = false;
};

// An absolute http or https URL with a host.
std::optional<Url> parse_url(std::string_view text);

// scheme://host[:port], nothing behind it.
bool is_origin(std::string_view text);

// A name or an address, with a port or without.
bool is_host(std::string_view text);

bool is_server_key(std::string_view text);               // [a-z0-9-]{1,24}
bool is_variable_name(std::string_view text);            // [A-Za-z_][A-Za-z0-9_]*
bool is_shown_name(std::string_view text);               // [A-Za-z0-9_-]{1,64}
bool is_made_of_name_characters(std::string_view text);  // [A-Za-z0-9_-]*
bool is_token(std::string_view text);                    // of `Authorization: Bearer`, 16 to 512 characters

std::string to_lower(std::string_view text);

// Does this text look like a credential: `--token x`, `sk-…`, `password=…`?
bool looks_secret(std::string_view argument);
// Is this an option whose value is a credential in the next argument: `--token`?
bool announces_secret(std::string_view argument);
// Does a header field of this name carry a credential?
bool carries_credential(std::string_view header_name);

}  // namespace sallyport::config
