// An event stream that lives until its client goes: the GET of a legacy session, a modern
// subscriptions/listen.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/front.hpp"
#include "session/registry.hpp"

#include <chrono>
#include <string>

#include <boost/intrusive/list.hpp>

namespace sallyport::transport {

class OpenStream final : public boost::intrusive::list_base_hook<>,
                         public pipeline::Listener,
                         public session::Attachment {
 public:
  // `topics`: whose list_changed notifications are wanted; `subscription`: the raw id of the listen request
  // that they go to, or empty.
  OpenStream(task::Loop& loop, net::Exchange& exchange, std::chrono::milliseconds keepalive,
             protocol::Topics topics, std::string subscription = {});

  // Opens the stream, sends `first` and stays until end(); then sends `last`. Empty texts are not sent.
  Task<void> run(std::string_view headers, std::string_view first, std::string_view last);

  void end() noexcept;
  void list_changed(protocol::Topic topic) override;
  void detach() noexcept override { end(); }

 private:
  void push(std::string_view message);
  void keep_alive();

  task::Loop* loop_;
  net::Exchange* exchange_;
  std::chrono::milliseconds keepalive_;
  protocol::Topics topics_;
  std::string subscription_;
  bool ended_ = false;
  task::Event end_;
  task::Timer timer_;
};

// One SSE event with a JSON-RPC message that has no line breaks.
std::string sse_message(std::string_view message);

}  // namespace sallyport::transport
