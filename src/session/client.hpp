// What a client wants to hear beyond answers, over its requests: a legacy session, a stdio connection, an
// open subscriptions/listen.
#pragma once

#include "protocol/log_level.hpp"
#include "session/questions.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::session {

// The least important log messages that anybody wants: what servers are asked for.
class LogDemand {
 public:
  // One client's, or one request's. Who only joined never asked, and counts as `info` once others have.
  class Wish {
   public:
    Wish() = default;
    ~Wish() { leave(); }
    Wish(const Wish&) = delete;
    Wish& operator=(const Wish&) = delete;

    void join(LogDemand& demand) noexcept;
    void set(LogDemand& demand, protocol::LogLevel level) noexcept;
    void leave() noexcept;
    std::optional<protocol::LogLevel> level() const noexcept { return level_; }

   private:
    LogDemand* demand_ = nullptr;
    std::optional<protocol::LogLevel> level_;
  };

  // Nothing while nobody has asked: then servers decide.
  std::optional<protocol::LogLevel> lowest() const noexcept;

 private:
  std::array<std::uint32_t, protocol::log_level_count> wishes_{};
  std::uint32_t undecided_ = 0;
};

class Client {
 public:
  // `uri` as this client names it.
  virtual void resource_updated(std::string_view uri) = 0;

  // One of its tasks is not what it was: the members of the task, without braces.
  virtual void task_changed(std::string_view members) = 0;

  // A notification that belongs to no request under way; dropped if nobody reads.
  virtual void tell(std::string_view notification) = 0;

  // Which session or connection it is: unique while it lives. Empty: none; requests of the modern era stand
  // for themselves.
  virtual std::string_view identity() const noexcept = 0;

  LogDemand::Wish log;
  std::string capabilities;  // raw: what a legacy one declared with `initialize`; kept by who asks clients
                             // for something
  Questions questions;
  // By the URI as this client names it; an entry that is erased is a subscription less.
  std::map<std::string, std::shared_ptr<void>, std::less<>> subscriptions;
  // By task id: what ends with this client; of a legacy one the task itself, of a listen that it is told.
  std::map<std::string, std::shared_ptr<void>, std::less<>> tasks;
  // The pages that it was asked to open last, and not yet told to be done with.
  std::deque<std::shared_ptr<void>> pages;
  // By server: what keeps the instance of an isolated one that is this client's alone.
  std::map<std::string, std::shared_ptr<void>, std::less<>> instances;

 protected:
  ~Client() = default;
};

}  // namespace sallyport::session
