#include "task/wait.hpp"

#include <cassert>

namespace sallyport::task {

Event::~Event() {
  assert(list_.empty());
}

void Event::set() {
  while (!list_.empty()) list_.front().wake();
}

bool EventWait::begin() {
  event_->list_.push_back(*this);
  return true;
}

void EventWait::wake() {
  woken_ = true;
  event_->list_.erase(Event::List::s_iterator_to(*this));
  event_->loop_->post([this] { resume(); });
}

void EventWait::interrupt() noexcept {
  if (woken_) return;  // its turn comes with what it waited for
  mark_interrupted();
  wake();
}

bool Sleep::begin() {
  if (when_ <= timers_->now()) return false;
  timer_.start(when_, [this] { resume(); });
  return true;
}

void Sleep::interrupt() noexcept {
  mark_interrupted();
  timer_.start(timers_->now(), [this] { resume(); });
}

}  // namespace sallyport::task
