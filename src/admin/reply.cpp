#include "admin/reply.hpp"

#include "protocol/error_payload.hpp"

namespace sallyport::admin {

net::HttpReply error_reply(int status, Code code, std::string_view message) {
  return {.status = status, .body = protocol::to_dict(Error(code), {}, message) + "\n"};
}

std::optional<net::HttpReply> refuse_writes(const net::RequestHead& head) {
  if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
  return net::HttpReply{.status = 405, .headers = "Allow: GET, HEAD\r\n"};
}

net::HttpReply refuse_malformed(const Error& error) {
  const bool large = error.code() == Code::limit_request_too_large;
  return {.status = large ? 413 : 400,
          .body = "The request is not one that this port answers.\n",
          .content_type = "text/plain"};
}

}  // namespace sallyport::admin
