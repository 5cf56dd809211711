#include "net/http_server.hpp"

#include "net/http_connection.hpp"

namespace sallyport::net {

HttpServer::HttpServer(task::Loop& loop, HttpHandler& handler, HttpLimits limits)
    : loop_(&loop), handler_(&handler), limits_(limits), group_(loop) {}

HttpServer::~HttpServer() = default;

void HttpServer::serve(std::unique_ptr<Stream> stream, Peer peer) {
  if (draining_ || connections_.size() >= limits_.connections) return;  // the stream closes here
  group_.spawn(run(std::move(stream), std::move(peer)));
}

Task<void> HttpServer::run(std::unique_ptr<Stream> stream, Peer peer) {
  HttpConnection connection(*loop_, *this, std::move(stream), std::move(peer));
  connections_.push_back(connection);
  (void)co_await connection.run();  // a connection that breaks concerns its own client only, who is gone
  connections_.erase(connections_.iterator_to(connection));
  co_return ok();
}

void HttpServer::drain() noexcept {
  draining_ = true;
  for (OpenConnection& connection : connections_) connection.drain();
}

Task<void> HttpServer::close() {
  draining_ = true;
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::net
