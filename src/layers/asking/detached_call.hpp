// A modern client's call to a server of 2025-11-25 or older: it goes on while the client is away to find out
// what the server asked.
#pragma once

#include "pipeline/call.hpp"
#include "pipeline/questions.hpp"
#include "task/wait.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::layers {

// Owns all that its first request brought, and belongs to whichever request of its client waits for it: that
// one hears what the server reports, and its time is the call's.
class DetachedCall final : public pipeline::QuestionSink,
                           public pipeline::EventSink,
                           public pipeline::CallTimer {
 public:
  DetachedCall(task::Loop& loop, const pipeline::Call& first);
  DetachedCall(const DetachedCall&) = delete;
  DetachedCall& operator=(const DetachedCall&) = delete;

  pipeline::Call& call() noexcept { return call_; }

  // Sends it on its way below; returns when it is over.
  Task<void> run(pipeline::Service& below);
  void cancel(task::CancelReason reason) noexcept {
    if (scope_) scope_->cancel(reason);
  }
  // Of the bytes that it holds while nobody waits for it.
  std::size_t held_bytes() const noexcept;

  class Visit;  // of a request

  // ---- How it stands.
  bool over() const noexcept { return outcome_.has_value(); }
  Result<pipeline::Reply> take_outcome() { return *std::exchange(outcome_, std::nullopt); }
  // Until it asks something, or is over.
  task::EventWait changed() noexcept { return changed_.wait(); }
  Task<void> end();  // until it is over

  // ---- What its server asks, as far as it is still there. The views hold until the next change.
  std::vector<protocol::Question> questions();
  // The raw object of what the client answers, or nothing; what it leaves out stays open.
  void answer(std::string_view responses);

  void asked(const protocol::Question& question, std::weak_ptr<pipeline::ResponseSink> server) override;
  void withdrawn(std::string_view id) override;

  // ---- For those below.
  void notify(std::string_view message) override;
  void set_limit(std::chrono::milliseconds total) override;
  SteadyTime ends() const override;
  std::chrono::milliseconds given() const override;
  void progressed() override;

 private:
  struct Open {
    std::string key;  // raw, for the client
    std::string id;   // raw, the server's
    protocol::Method method;
    std::string params;  // raw
    std::weak_ptr<pipeline::ResponseSink> server;
  };
  void closed_one();

  std::string bytes_;
  protocol::Message message_;
  pipeline::Principal principal_;
  std::string endpoint_;
  pipeline::Call call_;
  pipeline::Call* visitor_ = nullptr;  // the request that waits for it
  task::Scope* scope_ = nullptr;       // while it runs
  task::Event changed_;
  std::list<Open> open_;
  std::uint32_t asked_ = 0;
  std::optional<Result<pipeline::Reply>> outcome_;
};

// As long as it lives its request is the one that waits. Afterwards the request knows what was done for it.
class DetachedCall::Visit {
 public:
  Visit(DetachedCall& detached, pipeline::Call& request);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  DetachedCall& detached_;
  pipeline::Call& request_;
};

}  // namespace sallyport::layers
