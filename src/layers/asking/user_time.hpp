// The time in which nothing is to be done but to wait for a user: it is not the call's.
#pragma once

#include "pipeline/call.hpp"
#include "task/loop.hpp"

#include <chrono>

namespace sallyport::layers {

class UserTime {
 public:
  // `limit`: what the call has for itself each time; `longest`: what the user has.
  UserTime(const task::Loop& loop, pipeline::Call& call, std::chrono::milliseconds limit,
           std::chrono::milliseconds longest)
      : loop_(loop), call_(call), limit_(limit) {
    if (call_.timer) call_.timer->set_limit(elapsed() + longest + limit_);
  }
  ~UserTime() {
    if (call_.timer) call_.timer->set_limit(elapsed() + limit_);
  }
  UserTime(const UserTime&) = delete;
  UserTime& operator=(const UserTime&) = delete;

 private:
  std::chrono::milliseconds elapsed() const {
    return std::chrono::ceil<std::chrono::milliseconds>(loop_.now() - call_.started);
  }
  const task::Loop& loop_;
  pipeline::Call& call_;
  std::chrono::milliseconds limit_;
};

}  // namespace sallyport::layers
