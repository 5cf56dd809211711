// Pages that servers have legacy clients open, under ids of ours, and how a client hears that one is done
// with.
#pragma once

#include "pipeline/call.hpp"
#include "pipeline/questions.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sallyport::layers {

// Goes with its client. Tells it on the stream of the call, and when that has ended where it hears what
// belongs to none.
class ClientPage final : public pipeline::OpenedPage {
 public:
  // `shown`: the id that the client gets. The newest 64 of a client are known.
  static std::shared_ptr<ClientPage> make(session::Client& client, pipeline::EventSink* stream,
                                          std::string shown);
  void completed() override;
  void stream_ended() noexcept { stream_ = nullptr; }

 private:
  ClientPage(session::Client& client, pipeline::EventSink* stream, std::string shown)
      : client_(&client), stream_(stream), shown_(std::move(shown)) {}

  session::Client* client_;
  pipeline::EventSink* stream_;
  std::string shown_;
};

// An error -32042 on its way to a legacy client: the pages in it get ids of ours, and `opened` those of the
// server. Other answers stay as they are.
using Opened = std::function<void(std::string id, std::weak_ptr<pipeline::OpenedPage> page)>;
void show_pages(session::Client& client, pipeline::Answer& answer, const Opened& opened);

}  // namespace sallyport::layers
