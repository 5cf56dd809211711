// Requests that a legacy client was sent and has not answered yet.
#pragma once

#include "errors/result.hpp"
#include "protocol/message.hpp"
#include "task/wait.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::session {

// What the client gave: the raw text of its result, or of its error.
struct ClientAnswer {
  std::string raw;
  bool refused = false;
};
using AnswerSlot = task::Slot<ClientAnswer>;

// The text of its result; for a client that refused a failure, whose developer message is the client's words.
Result<std::string> result_of(ClientAnswer answer);

// Of a client from which no answer came (PROTO_023), as a tool's author gets it; `text` says why.
Error unanswered(std::string_view text);

class Questions {
 public:
  Questions() = default;
  ~Questions() { end(); }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  struct Open {
    std::string id;  // raw, for the request
    std::shared_ptr<AnswerSlot> answer;
  };

  // LIMIT_003 beyond max_open. Whoever asked calls drop() when he no longer waits.
  Result<Open> open(task::Loop& loop);
  void drop(std::string_view id) noexcept;
  // A response of the client; one that nobody waits for is ignored.
  void answered(const protocol::Message& response, std::string_view bytes);

  // The client is gone: who waits for it hears that.
  void end() noexcept;

  static constexpr std::size_t max_open = 64;

 private:
  std::map<std::string, std::shared_ptr<AnswerSlot>, std::less<>> open_;  // by raw id
  std::uint64_t last_ = 0;
};

}  // namespace sallyport::session
