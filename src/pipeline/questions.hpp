// What a legacy server asks during a call, on its way to whoever can answer it, and the way back.
#pragma once

#include "protocol/questions.hpp"
#include "task/wait.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::pipeline {

// A page that a client was asked to open.
class OpenedPage {
 public:
  virtual void completed() = 0;  // so says the server

 protected:
  ~OpenedPage() = default;
};

// The connection that a server asked on.
class ResponseSink {
 public:
  virtual void respond(std::string response) = 0;  // a whole JSON-RPC response
  // The page hears, while both live, when the server says that what it gave this elicitationId is done with.
  virtual void opened(std::string, std::weak_ptr<OpenedPage>) {}

 protected:
  ~ResponseSink() = default;
};

// Takes the requests of a server that belong to one call. Each is answered once with respond(), unless the
// server withdrew it; the connection may be gone by then.
class QuestionSink {
 public:
  // `question.key` is the raw id that the server gave it. The views last as long as this runs.
  virtual void asked(const protocol::Question& question, std::weak_ptr<ResponseSink> server) = 0;
  virtual void withdrawn(std::string_view id) = 0;

  // Whom it asks: calls with the same one share their user, so that a question may come in either. Null:
  // nobody else's.
  virtual const void* audience() const noexcept { return nullptr; }

  // Is somebody being asked right now? `changed` is set whenever that begins.
  bool waits() const noexcept { return waits_; }
  void tell(task::Event* changed) noexcept { changed_ = changed; }

 protected:
  ~QuestionSink() = default;
  void set_waits(bool waits) {
    if (waits && !waits_ && changed_) changed_->set();
    waits_ = waits;
  }

 private:
  bool waits_ = false;
  task::Event* changed_ = nullptr;
};

}  // namespace sallyport::pipeline
