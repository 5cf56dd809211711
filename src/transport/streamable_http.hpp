// Streamable HTTP towards clients: both eras on one URL, /mcp for all servers and /mcp/{server} for one.
#pragma once

#include "net/budget.hpp"
#include "net/forwarded.hpp"
#include "net/http_server.hpp"
#include "pipeline/front.hpp"
#include "protocol/edge.hpp"
#include "session/registry.hpp"
#include "transport/authenticator.hpp"
#include "transport/host_policy.hpp"
#include "transport/open_stream.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/intrusive/list.hpp>

namespace sallyport::transport {

struct HttpRequest;

struct StreamableSettings {
  std::chrono::milliseconds after{5000};       // a call that takes longer is answered as an event stream
  std::chrono::milliseconds keepalive{15000};  // a comment on a silent stream
  std::uint32_t streams = 1000;
  json::Limits limits;
  net::TrustedProxies proxies{};           // whose word about the source of a request counts
  bool legacy_sse = false;                 // /sse and /messages, the transport of 2024-11-05
  net::Budget* buffered = nullptr;         // what its messages are counted against while they are worked on
  Authenticator* authenticator = nullptr;  // null: everybody is anonymous
};

class StreamableHttp final : public net::HttpHandler {
 public:
  StreamableHttp(task::Loop& loop, pipeline::Front& front, session::Registry& sessions, HostPolicy policy,
                 StreamableSettings settings);
  ~StreamableHttp() override;

  std::optional<net::HttpReply> admit(const net::RequestHead& head, const net::Peer& peer) override;
  net::HttpReply refuse(const Error& error, const net::Peer& peer) override;
  Task<void> handle(net::Exchange& exchange) override;

  // For requests and streams that come from now on.
  void set_settings(StreamableSettings settings) { settings_ = std::move(settings); }

  // Ends the streams that have no end of their own, each in its proper way.
  void end_streams();
  std::size_t streams() const noexcept { return streams_.size() + resumed_; }

 private:
  using SessionPointer = std::shared_ptr<session::Session>;

  Task<void> post(net::Exchange& exchange, const HttpRequest& request);
  Task<void> batch(net::Exchange& exchange, const HttpRequest& request, SessionPointer session);
  Task<void> legacy(net::Exchange& exchange, const HttpRequest& request, const protocol::Message& message,
                    SessionPointer session);
  Task<void> initialize(net::Exchange& exchange, const HttpRequest& request,
                        const protocol::Message& message);
  Task<void> modern(net::Exchange& exchange, const HttpRequest& request, const protocol::Message& message);
  Task<void> listen(net::Exchange& exchange, const HttpRequest& request, const protocol::Message& message);
  Task<void> attach(net::Exchange& exchange, const HttpRequest& request);
  Task<void> follow(net::Exchange& exchange, const HttpRequest& request, session::Session& session,
                    session::SessionEvents::Place place, bool standing);
  void conclude(EventWriter& writer, const session::Session& session,
                const session::SessionEvents::Place& place);
  Result<void> check_room() const;
  Task<void> end_session(net::Exchange& exchange, const HttpRequest& request);

  // HTTP+SSE: one stream for all that the client hears, and messages to it by POST.
  struct SseClient;
  Task<void> open_sse(net::Exchange& exchange, const HttpRequest& request);
  Task<void> settle_sse(SseClient& client, net::Exchange& exchange);
  Task<void> take_sse_message(net::Exchange& exchange, const HttpRequest& request,
                              std::string_view session_id);
  std::optional<Error> take_sse_request(SseClient& client, const HttpRequest& request, std::string_view bytes,
                                        const protocol::Message& message);
  Task<void> answer_sse(SseClient& client, pipeline::Principal principal, std::string bytes,
                        protocol::Message message, net::Budget::Charge charge);
  std::optional<std::string_view> served(std::string_view target) const;  // the endpoint; nothing: not ours

  // Runs one request through the stack and writes its answer. `headers` go with the reply.
  Task<void> run(net::Exchange& exchange, const HttpRequest& request, const protocol::Message& message,
                 protocol::Revision revision, session::Session* session, std::string headers = {});
  // `call` knows its bytes, message and revision, and where its notifications go.
  Task<pipeline::Reply> call(net::Exchange& exchange, const HttpRequest& request, pipeline::Call& call,
                             session::Session* session);

  Task<void> accepted(net::Exchange& exchange);
  Task<void> fail(net::Exchange& exchange, const HttpRequest& request, const Error& error, int status,
                  std::string_view id, protocol::Revision revision,
                  protocol::Method method = protocol::Method::unknown);
  net::HttpReply unauthenticated(const net::RequestHead& head, const net::Peer& peer,
                                 const Error& error) const;
  // The header lines of a call that a token with more scopes would have let pass; empty: it was not that.
  std::string step_up(const net::RequestHead& head, const pipeline::Failed* failed) const;
  net::HttpReply failure_reply(const Error& error, int status, std::string_view id,
                               pipeline::Refusal request) const;
  std::optional<Error> check_head(const net::RequestHead& head, const net::Peer& peer) const;
  Result<SessionPointer> session_of(const HttpRequest& request) const;

  task::Loop* loop_;
  pipeline::Front* front_;
  session::Registry* sessions_;
  HostPolicy policy_;
  StreamableSettings settings_;
  boost::intrusive::list<OpenStream> streams_;            // those without an end of their own
  std::size_t resumed_ = 0;                               // streams of calls whose client came back
  std::unordered_map<std::string_view, SseClient*> sse_;  // by session id
};

}  // namespace sallyport::transport
