#include "admin/health.hpp"

#include "admin/reply.hpp"

namespace sallyport::admin {

std::optional<net::HttpReply> health_reply(std::string_view path, const Ready& ready) {
  if (path == "/healthz") return net::HttpReply{.body = "ok\n", .content_type = plain};
  if (path != "/readyz") return std::nullopt;
  if (ready()) return net::HttpReply{.body = "ready\n", .content_type = plain};
  return net::HttpReply{.status = 503, .body = "draining\n", .content_type = plain};
}

std::optional<net::HttpReply> Health::admit(const net::RequestHead& head, const net::Peer&) {
  return refuse_writes(head);
}

net::HttpReply Health::refuse(const Error& error, const net::Peer&) {
  return refuse_malformed(error);
}

Task<void> Health::handle(net::Exchange& exchange) {
  net::HttpReply reply = health_reply(path_of(exchange.head().target), ready_)
                             .value_or(net::HttpReply{
                                 .status = 404,
                                 .body = "Not found. This port serves /healthz and /readyz alone.\n",
                                 .content_type = plain,
                             });
  reply.headers += no_store;
  reply.headers += every_reply;
  reply.close = true;  // a probe asks once, and a place here is for the next one
  co_return co_await exchange.reply(reply);
}

}  // namespace sallyport::admin
