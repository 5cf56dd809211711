// An upstream over Streamable HTTP, of either era, on pooled connections.
#pragma once

#include "client/channel.hpp"
#include "client/pending.hpp"
#include "client/target.hpp"
#include "net/http_client.hpp"
#include "net/sse.hpp"

#include <map>
#include <memory>

namespace sallyport::client {

class HttpChannel final : public Channel {
 public:
  // Probes the era unless `revision` is known, and initialises a session where the era has one.
  static Task<std::unique_ptr<HttpChannel>> open(HttpEnvironment environment,
                                                 std::optional<protocol::Revision> revision);

  ~HttpChannel() override;
  protocol::Revision revision() const noexcept override { return revision_; }
  const protocol::ServerCapabilities& capabilities() const noexcept override { return capabilities_; }
  Task<std::unique_ptr<pipeline::Answer>> request(const Outgoing& outgoing) override;
  void listen_to(Wanted wanted) override;
  void respond(std::string response) override;
  void opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page) override {
    pending_.opened(std::move(id), std::move(page));
  }
  Task<void> close() override;

 private:
  static constexpr std::uint64_t max_failure_body = 64 * 1024;

  HttpChannel(HttpEnvironment environment, net::Endpoint endpoint, std::shared_ptr<net::TlsTrust> trust);

  Task<void> handshake(std::optional<protocol::Revision> revision);
  Task<bool> probe_modern();
  Task<void> initialize();
  Task<void> reinitialize(std::string lost_session);
  Task<void> renew_session();

  Task<std::unique_ptr<pipeline::Answer>> request_struck(const Outgoing& outgoing);
  // `fault`: what is done to it on purpose; null: nothing.
  Task<std::unique_ptr<pipeline::Answer>> post(const Outgoing& outgoing, const FaultRule* fault = nullptr);
  Task<std::unique_ptr<pipeline::Answer>> post_in_session(const Outgoing& outgoing,
                                                          const FaultRule* fault = nullptr);
  Task<std::unique_ptr<pipeline::Answer>> exchange(std::string_view headers, std::string_view body,
                                                   PendingRequest& pending);
  // What has become of the stream on which an answer is awaited.
  struct StreamPlace {
    std::string event;  // the last id, fit for a header; empty: the stream cannot be taken up again
    std::chrono::milliseconds retry{1000};
    int failures = 0;      // to take it up, in a row
    bool garbled = false;  // what could not be read may have been the answer: nothing comes behind it
    void reached(const net::SseParser& parser);
  };
  // `target`: where it was posted.
  Task<std::unique_ptr<pipeline::Answer>> receive_events(net::HttpCall& call, std::string_view target,
                                                         PendingRequest& pending);
  // Null: the stream ended without the answer.
  Task<std::unique_ptr<pipeline::Answer>> read_events(net::HttpCall& call, PendingRequest& pending,
                                                      StreamPlace& place);
  Task<std::unique_ptr<pipeline::Answer>> take_up(std::string_view target, PendingRequest& pending,
                                                  StreamPlace& place);
  Task<std::unique_ptr<pipeline::Answer>> receive_failure(net::HttpCall& call, PendingRequest& pending);
  Result<std::unique_ptr<pipeline::Answer>> take_answer(std::string bytes, net::Budget::Charge held,
                                                        PendingRequest& pending);
  std::optional<std::string> take_batch(std::string_view data, PendingRequest& pending);
  void take_event(std::string_view data, PendingRequest* own);
  void take_request(std::string_view data, const protocol::Message& message, PendingRequest* own);

  void refuse(std::string_view id);  // a request of the server that is nobody's

  Task<void> notify(std::string body);  // a message whose answer does not matter
  // The same, and nobody waits for it. A server that takes less than it is sent goes without some.
  void tell(std::string body);
  void spawn(Task<void> task);  // not once it is being closed: what waits for an answer may outlive that
  // Hears of changes until the channel closes, or until a later one of these is heard.
  Task<void> listen();
  Task<bool> listen_once(std::uint64_t generation);  // false: this upstream has no such stream
  void give_up_listeners_before(std::uint64_t generation);
  std::string headers_for(const Outgoing& outgoing) const;
  void renew_headers();

  HttpEnvironment env_;
  net::HttpPool pool_;
  std::string fixed_headers_;   // of every request
  std::string common_headers_;  // and those of the session and revision
  protocol::Revision revision_ = protocol::latest_legacy;
  protocol::ServerCapabilities capabilities_ = protocol::ServerCapabilities::all();
  std::string session_;
  PendingRequests pending_;
  Wanted wanted_;                                    // what it is to tell of
  std::map<std::uint64_t, task::Scope*> listeners_;  // in the order in which they began
  std::uint64_t last_listener_ = 0;
  bool listened_ = false;  // it has such a stream
  bool closing_ = false;
  std::size_t telling_ = 0;
  task::Group group_;
  task::SingleFlight<void> initializing_;
};

}  // namespace sallyport::client
