// An upstream over HTTP+SSE, the transport of 2024-11-05: one stream for all that it says, a POST for each
// message to it.
#pragma once

#include "client/channel.hpp"
#include "client/pending.hpp"
#include "client/target.hpp"
#include "net/budget.hpp"
#include "net/http_client.hpp"
#include "task/group.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::client {

// Nothing is resumed in this transport: with the stream the connection is lost, and the calls that wait on it
// end with `executed: maybe`.
class SseChannel final : public Channel {
 public:
  // Opens the stream, waits for its `endpoint` event, which must lead to the stream's own origin, and
  // initialises.
  static Task<std::unique_ptr<SseChannel>> open(HttpEnvironment environment);

  // Is this how a server of this transport refuses the first POST of Streamable HTTP?
  static bool is_hinted_by(const Error& refusal) noexcept;

  ~SseChannel() override;
  protocol::Revision revision() const noexcept override { return revision_; }
  const protocol::ServerCapabilities& capabilities() const noexcept override { return capabilities_; }
  Task<std::unique_ptr<pipeline::Answer>> request(const Outgoing& outgoing) override;
  void listen_to(Wanted) override {}  // only modern servers are asked so
  void respond(std::string response) override;
  void opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page) override {
    pending_.opened(std::move(id), std::move(page));
  }
  Task<void> close() override;

 private:
  SseChannel(HttpEnvironment environment, net::Endpoint endpoint, std::shared_ptr<net::TlsTrust> trust);

  Task<void> begin();
  Task<void> initialize();
  Task<std::unique_ptr<pipeline::Answer>> exchange(std::string body, PendingRequest& pending);

  Task<void> read_stream();
  Task<void> read_events();
  void take_endpoint(std::string_view reference);
  void take_message(std::string_view text);
  void take_answer(std::string_view text, const protocol::Message& message);
  void strike_answer(PendingRequest& pending, std::string_view text);
  Task<void> answer_late(std::string text, FaultRule rule);
  void take_request(std::string_view text, const protocol::Message& message);
  void refuse(std::string_view id);  // a request of the server that is nobody's

  void send(std::string body, PendingRequest& pending);
  Task<void> post(std::string body, net::StreamWrapper* wrapper = nullptr);
  // What fails, fails that request. `fault`: what is done to it on purpose.
  Task<void> post_request(std::string body, std::int64_t id, std::optional<FaultRule> fault);
  Task<void> post_notice(std::string body);
  // Nobody waits for it. A server that takes less than it is sent goes without some.
  void tell(std::string body);
  void leave_post(std::int64_t id, bool answered);
  void spawn(Task<void> task);
  void lost(const Error& reason);
  Error refused(const net::ResponseHead& head) const;

  HttpEnvironment env_;
  net::HttpPool pool_;
  std::string fixed_headers_;  // of every request
  std::string post_headers_;
  std::string post_target_;           // as the server named it; empty: not yet
  task::Slot<std::monostate> ready_;  // filled by the first `endpoint` event
  protocol::Revision revision_ = protocol::latest_legacy;
  protocol::ServerCapabilities capabilities_ = protocol::ServerCapabilities::all();
  PendingRequests pending_;
  struct Post {
    task::Scope* scope;
    bool left = false;  // by its request, which ended first
  };
  std::map<std::int64_t, Post> posts_;  // of requests, that are not answered yet
  std::size_t telling_ = 0;
  std::optional<Error> lost_;
  bool open_ = false;
  task::Group group_;
};

}  // namespace sallyport::client
