// An HTTP/1.1 server over net::Stream: one coroutine a connection, replies as JSON or as an event stream.
#pragma once

#include "net/budget.hpp"
#include "net/http_head.hpp"
#include "net/outbox.hpp"
#include "net/tls_server.hpp"
#include "task/group.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/intrusive/list.hpp>

namespace sallyport::net {

struct Peer {
  std::string address;  // or `unix:` and the user's number
  bool loopback = false;
  bool unix_socket = false;  // no web page gets there
};

// A reply that is known whole. `headers` are complete lines, each ending in CRLF.
struct HttpReply {
  int status = 200;
  std::string body{};
  std::string_view content_type = "application/json";
  std::string headers{};
  bool close = false;
};

struct HttpLimits {
  HeadLimits head{};
  std::uint64_t body = 4 * 1024 * 1024;
  std::size_t connections = 10000;
  Budget* buffered = nullptr;                  // what request bodies are counted against; null: unbounded
  std::size_t outbox = 1024 * 1024;            // bytes queued for one slow reader of an event stream
  std::chrono::milliseconds handshake{10000};  // of TLS, all in all
  std::chrono::milliseconds idle{75000};       // between requests
  std::chrono::milliseconds receive{15000};    // for the rest of a head or body, between two reads
  std::chrono::milliseconds send{30000};       // for a reply that its reader does not take
};

class HttpConnection;

// One request and its reply. Exactly one of reply() and begin_events() is called. The views live until the
// exchange ends.
class Exchange {
 public:
  const RequestHead& head() const noexcept;
  std::string_view body() const noexcept;
  const Peer& peer() const noexcept;

  Task<void> reply(const HttpReply& reply);
  // The body in pieces, written without being joined.
  Task<void> reply(int status, std::span<const std::string_view> body, std::string_view headers = {},
                   std::string_view content_type = "application/json");

  // Sends the head of a 200 text/event-stream. push() takes what append_sse_event made; end_events() finishes
  // the reply.
  void begin_events(std::string_view headers = {});
  bool push(std::string_view event, Outbox::Keep keep = Outbox::Keep::required);
  Task<void> flush_events();  // until the kernel has them; ends the connection of a client that does not read
  Task<void> end_events();
  // Ends the reply now, though the request is still worked on, and the connection with it: nothing is pushed
  // any more, and end_events() has nothing left to do.
  void end_events_early();
  bool streaming() const noexcept;
  bool broken() const noexcept;

  // Called once, when the client closes while its request is being worked on; at once if it has already.
  void on_gone(std::function<void()> function);
  bool gone() const noexcept;

 private:
  friend HttpConnection;
  explicit Exchange(HttpConnection& connection) noexcept : connection_(&connection) {}
  HttpConnection* connection_;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Decides by the head alone, before a byte of the body is read; a reply refuses, and closes if a body is to
  // come.
  virtual std::optional<HttpReply> admit(const RequestHead& head, const Peer& peer) = 0;
  // How a request is refused that is not HTTP as we take it, or too large.
  virtual HttpReply refuse(const Error& error, const Peer& peer) = 0;
  // An error before a reply was sent is answered with refuse(), unless it is a cancellation.
  virtual Task<void> handle(Exchange& exchange) = 0;
};

// The connections that a drain need not wait for.
enum class Idle : std::uint8_t {
  between_requests,  // answered before, and nothing has come since
  without_request,   // and those that have not asked whole yet, or only have to go
};

// What the server knows of a connection.
class OpenConnection : public boost::intrusive::list_base_hook<> {
 public:
  virtual void close_if(Idle idle) noexcept = 0;

 protected:
  ~OpenConnection() = default;
};

// What TLS takes on a listener.
class TlsTerms {
 public:
  virtual std::shared_ptr<const TlsIdentity> identity() = 0;  // for the next connection
  virtual void refused(const Peer& peer, TlsRefusal why) = 0;

 protected:
  ~TlsTerms() = default;
};

// Serves accepted streams. A server ends in three steps: drain() makes every reply from then on the last of
// its connection; close_idle() closes those that wait for nothing; close() ends all.
class HttpServer {
 public:
  HttpServer(task::Loop& loop, HttpHandler& handler, HttpLimits limits);
  ~HttpServer();

  // With `tls` the handshake comes first; it counts as a connection. `tls` outlives the server.
  void serve(std::unique_ptr<Stream> stream, Peer peer, TlsTerms* tls = nullptr);
  void drain() noexcept { draining_ = true; }
  void close_idle(Idle idle) noexcept;
  void set_body_limit(std::uint64_t bytes) noexcept { limits_.body = bytes; }  // of requests that come
  Task<void> close();  // cancels what is left and waits for it
  std::size_t connections() const noexcept { return connections_.size() + greeting_; }

 private:
  friend HttpConnection;
  friend Exchange;
  Task<void> run(std::unique_ptr<Stream> stream, Peer peer);
  Task<void> run_tls(std::unique_ptr<Stream> stream, Peer peer, TlsTerms& tls);

  task::Loop* loop_;
  HttpHandler* handler_;
  HttpLimits limits_;
  std::string written_;  // the reply that is being written
  bool draining_ = false;
  boost::intrusive::list<OpenConnection> connections_;
  std::size_t greeting_ = 0;  // connections in their handshake
  task::Group group_;
};

}  // namespace sallyport::net
