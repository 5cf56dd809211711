// A child process that speaks MCP on its stdin and stdout, shared by many callers.
#pragma once

#include "client/channel.hpp"
#include "client/faulty_stream.hpp"
#include "client/pending.hpp"
#include "client/process.hpp"
#include "client/target.hpp"
#include "json/skim.hpp"
#include "net/budget.hpp"

#include <set>

namespace sallyport::client {

class StdioChannel final : public Channel {
 public:
  // What one start of a child needs; all of it outlives the channel.
  struct Environment {
    task::Loop& loop;
    const Target& target;
    const Settings& settings;
    net::Budget& budget;
    ChannelOwner& owner;
    StderrTail& tail;
    protocol::ClientCapabilities declares = {};  // a legacy server is told that its callers can do
  };

  // Starts the child and performs the handshake. `revision`: configured or remembered; absent: probed first.
  static Task<std::unique_ptr<StdioChannel>> open(Environment environment,
                                                  std::optional<protocol::Revision> revision);

  ~StdioChannel() override;
  protocol::Revision revision() const noexcept override { return revision_; }
  const protocol::ServerCapabilities& capabilities() const noexcept override { return capabilities_; }
  Task<std::unique_ptr<pipeline::Answer>> request(const Outgoing& outgoing) override;
  void listen_to(Wanted wanted) override;
  void respond(std::string response) override;
  void opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page) override {
    pending_.opened(std::move(id), std::move(page));
  }
  Task<void> close() override;
  pid_t pid() const noexcept { return process_->pid(); }

 private:
  StdioChannel(Environment environment, std::unique_ptr<Process> process);

  Task<void> handshake(std::optional<protocol::Revision> revision);
  Task<bool> probe_modern();  // true: it answered server/discover and speaks our modern revision
  Task<void> initialize(protocol::Revision offered);
  void listen();
  Task<std::unique_ptr<pipeline::Answer>> exchange(std::string bytes, PendingRequest& pending);
  bool write_line(std::string& line, net::Outbox::Keep keep);
  bool write_struck(const FaultRule& rule, std::string& line, PendingRequest& pending);

  Task<void> read_lines();
  Task<bool> skip_line(net::InputBuffer& input, Error why);
  void take_line(std::string_view line);
  bool take_batch(std::string_view line);
  void take_message(std::string_view text, const protocol::Message& message);
  void take_answer(std::string_view line, const protocol::Message& message);
  void take_request(std::string_view line, const protocol::Message& message);
  void refuse(std::string_view id);  // a request of the server that is nobody's
  void take_notification(std::string_view line, const protocol::Message& message);
  void take_acknowledged(std::string_view line, const protocol::Message& message);
  bool is_listening(std::int64_t id) const noexcept {
    return listening_.contains(id) || replaced_.contains(id);
  }
  void fail_skipped(const json::Skimmer& skimmer, const Error& why);
  Error too_large() const;
  void lost(const Error& reason);
  Error interrupted(const PendingRequest& pending, Error error) const;

  Environment env_;
  std::unique_ptr<Process> process_;
  FaultyLines* lines_ = nullptr;  // over its output; null: no faults may be injected
  protocol::Revision revision_ = protocol::latest_legacy;
  protocol::ServerCapabilities capabilities_ = protocol::ServerCapabilities::all();
  PendingRequests pending_;
  Wanted wanted_;                     // what it is to tell of
  std::set<std::int64_t> listening_;  // the ids of our subscriptions/listen: the last one counts
  std::set<std::int64_t> replaced_;   // the last of those that were given up and may still be answered
  std::optional<Error> lost_;
  bool open_ = false;
  task::Group group_;
};

}  // namespace sallyport::client
