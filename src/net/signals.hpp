// The process's signals as calls on the loop.
#pragma once

#include "task/loop.hpp"

#include <functional>
#include <initializer_list>
#include <memory>

namespace sallyport::net {

// Until it is destroyed, `function` is called on the loop for each of these signals instead of what they do
// by default.
class Signals {
 public:
  Signals(task::Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> function);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::net
