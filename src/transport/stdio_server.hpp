// MCP on stdin and stdout: the gateway as a stdio server for one client, of either era.
#pragma once

#include "net/outbox.hpp"
#include "net/stream.hpp"
#include "pipeline/front.hpp"
#include "session/registry.hpp"
#include "task/group.hpp"
#include "transport/subscribe.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::transport {

// One message a line. Requests run side by side; an answer is one line, written whole.
class StdioServer final : private pipeline::Listener, private pipeline::EventSink, private session::Client {
 public:
  StdioServer(task::Loop& loop, pipeline::Front& front, std::unique_ptr<net::Stream> input,
              std::unique_ptr<net::Stream> output, json::Limits limits);
  ~StdioServer();

  // Until stdin ends or the client no longer reads. Calls that are under way then still answer; see `finish`.
  Task<void> run();

  void set_limits(json::Limits limits) { limits_ = limits; }  // of messages that come from now on

  // Ends listen streams with their result, waits for the calls under way and for their answers to be written.
  Task<void> finish();
  // Cancels what is left.
  Task<void> close();

 private:
  struct Subscription;  // a modern subscriptions/listen that is open

  Task<bool> skip_line();
  void take_line(std::string line);
  void take_notification(std::string_view line, const protocol::Message& message);
  // Writes the answer, or puts it into `kept`.
  Task<void> answer(std::string line, protocol::Message message, protocol::Revision revision,
                    std::string* kept = nullptr);
  Task<void> answer_batch(std::string line);
  Task<void> answer_one(std::string_view text, std::string& response);
  Task<void> open_listen(std::shared_ptr<Subscription> subscription, Watched wanted);
  void listen(std::string_view line, const protocol::Message& message);
  void fail(const Error& error, std::string_view id, protocol::Revision revision);
  std::string refusal(const Error& error, std::string_view id, protocol::Revision revision);
  void write(std::string line, net::Outbox::Keep keep = net::Outbox::Keep::required);
  void list_changed(protocol::Topic topic) override;
  void notify(std::string_view message) override;
  void request(std::string_view message) override;
  void resource_updated(std::string_view uri) override;
  void task_changed(std::string_view members) override;
  void tell(std::string_view notification) override;
  std::string_view identity() const noexcept override { return "stdio"; }

  task::Loop* loop_;
  pipeline::Front* front_;
  std::unique_ptr<net::Stream> input_;
  std::unique_ptr<net::Stream> output_;
  net::Outbox outbox_;
  json::Limits limits_;
  pipeline::Principal principal_;
  std::optional<protocol::Revision> revision_;  // what `initialize` negotiated
  bool initialized_ = false;
  session::RunningCalls running_;
  pipeline::Front::Subscription changes_;
  std::map<std::string, std::shared_ptr<Subscription>> listens_;  // by raw id
  net::InputBuffer buffer_;
  task::Group group_;
};

}  // namespace sallyport::transport
