// What the answers on the operator's listeners have in common.
#pragma once

#include "net/http_server.hpp"

#include <optional>
#include <string_view>

namespace sallyport::admin {

inline constexpr std::string_view plain = "text/plain; charset=utf-8";
inline constexpr std::string_view no_store = "Cache-Control: no-store\r\n";

// Nobody guesses what an answer is, and no page of another origin takes one in.
inline constexpr std::string_view every_reply =
    "X-Content-Type-Options: nosniff\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: no-referrer\r\n";

inline std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

// `{"error": {"code", "message"}}`.
net::HttpReply error_reply(int status, Code code, std::string_view message);

// A reply for whatever is not a read.
std::optional<net::HttpReply> refuse_writes(const net::RequestHead& head);

// How a request is refused that is not HTTP as we take it, or too large.
net::HttpReply refuse_malformed(const Error& error);

}  // namespace sallyport::admin
