// What hears of changes in the view of an endpoint for the streams of legacy clients.
#pragma once

#include "protocol/envelope.hpp"
#include "session/registry.hpp"
#include "transport/open_stream.hpp"

namespace sallyport::transport {

// Ends a stream that has nothing more to tell.
class EndWithEndpoint final : public pipeline::Listener {
 public:
  EndWithEndpoint(pipeline::Front& front, std::string_view endpoint, OpenStream& stream)
      : stream_(&stream), changes_(front.subscribe(endpoint, *this)) {}
  void list_changed(protocol::Topic) override {}
  void endpoint_removed() override { stream_->end(); }

 private:
  OpenStream* stream_;
  pipeline::Front::Subscription changes_;
};

// Hears of changes for a legacy session that opened its stream once, whether or not it is connected now.
class SessionEar final : public pipeline::Listener {
 public:
  SessionEar(pipeline::Front& front, session::Session& session)
      : session_(&session), changes_(front.subscribe(session.endpoint, *this)) {}

  void list_changed(protocol::Topic topic) override {
    session_->events.standing()->append_once(protocol::list_changed_notification(topic));
  }

 private:
  session::Session* session_;
  pipeline::Front::Subscription changes_;
};

}  // namespace sallyport::transport
