// Asks a legacy client what the legacy server of its call wants to know, on the stream of the call, and
// brings the server the answers.
#pragma once

#include "layers/asking/client_pages.hpp"
#include "layers/asking/user_time.hpp"
#include "pipeline/call.hpp"
#include "pipeline/questions.hpp"
#include "task/group.hpp"

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::layers {

class ClientQuestions final : public pipeline::QuestionSink {
 public:
  ClientQuestions(task::Loop& loop, pipeline::Call& call, std::chrono::milliseconds patience);

  void asked(const protocol::Question& question, std::weak_ptr<pipeline::ResponseSink> server) override;
  void withdrawn(std::string_view id) override;
  const void* audience() const noexcept override { return call_->client; }

  // The call is over: what is still open is withdrawn from the client, and the server hears so.
  Task<void> end();

 private:
  struct Open {
    std::string id;  // the server's
    task::Scope* scope = nullptr;
    bool withdrawn = false;
  };
  Task<void> ask(Open& open, protocol::Method method, std::string params,
                 std::weak_ptr<pipeline::ResponseSink> server);

  void remember(std::string id, std::string shown, const std::weak_ptr<pipeline::ResponseSink>& server);

  task::Loop* loop_;
  pipeline::Call* call_;
  std::chrono::milliseconds limit_;
  std::chrono::milliseconds patience_;
  std::list<Open> open_;
  std::vector<std::weak_ptr<ClientPage>> pages_;
  std::optional<UserTime> waiting_;
  task::Group group_;
};

}  // namespace sallyport::layers
