// An event stream that lives until its client goes: the GET of a legacy session, a modern
// subscriptions/listen.
#pragma once

#include "transport/event_writer.hpp"

#include <boost/intrusive/list.hpp>

namespace sallyport::transport {

class OpenStream : public boost::intrusive::list_base_hook<> {
 public:
  OpenStream(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange,
             std::chrono::milliseconds keepalive);

  EventWriter& writer() noexcept { return writer_; }

  // Stays until end(), or until the client goes or its stream does.
  Task<void> wait();
  // Sends `last`, if it is there, and ends the reply, if somebody is left to read it.
  Task<void> finish(std::string_view last = {});

  void end() noexcept;

 private:
  net::Exchange* exchange_;
  bool ended_ = false;
  task::Event end_;
  EventWriter writer_;
};

}  // namespace sallyport::transport
