#include "net/http_server.hpp"

#include "net/http_connection.hpp"

namespace sallyport::net {

HttpServer::HttpServer(task::Loop& loop, HttpHandler& handler, HttpLimits limits)
    : loop_(&loop), handler_(&handler), limits_(limits), group_(loop) {}

HttpServer::~HttpServer() = default;

void HttpServer::serve(std::unique_ptr<Stream> stream, Peer peer, TlsTerms* tls) {
  if (connections() >= limits_.connections) return;  // the stream closes here
  group_.spawn(tls ? run_tls(std::move(stream), std::move(peer), *tls)
                   : run(std::move(stream), std::move(peer)));
}

Task<void> HttpServer::run_tls(std::unique_ptr<Stream> stream, Peer peer, TlsTerms& tls) {
  ++greeting_;
  TlsRefusal why{};
  auto greeted = co_await task::with_deadline(loop_->timers(), loop_->now() + limits_.handshake,
                                              tls_accept(*loop_, std::move(stream), tls.identity(), why),
                                              [&](const Error& cancelled) {
                                                if (why == TlsRefusal::connection) why = TlsRefusal::timeout;
                                                return cancelled;
                                              });
  --greeting_;
  if (greeted) co_return co_await run(std::move(*greeted), std::move(peer));
  tls.refused(peer, why);
  co_return ok();
}

Task<void> HttpServer::run(std::unique_ptr<Stream> stream, Peer peer) {
  HttpConnection connection(*loop_, *this, std::move(stream), std::move(peer));
  connections_.push_back(connection);
  (void)co_await connection.run();  // a connection that breaks concerns its own client only, who is gone
  connections_.erase(connections_.iterator_to(connection));
  co_return ok();
}

void HttpServer::close_idle(Idle idle) noexcept {
  for (OpenConnection& connection : connections_) connection.close_if(idle);
}

Task<void> HttpServer::close() {
  draining_ = true;
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::net
