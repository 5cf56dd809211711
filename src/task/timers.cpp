#include "task/timers.hpp"

#include <utility>

namespace sallyport::task {

Timer::Timer(Timers& timers, SteadyTime when, std::move_only_function<void()> fire) : timers_(&timers) {
  start(when, std::move(fire));
}

void Timer::start(SteadyTime when, std::move_only_function<void()> fire) {
  cancel();
  when_ = when;
  fire_ = std::move(fire);
  timers_->add(*this);
}

void Timer::extend(SteadyTime when) {
  if (!active()) return;
  timers_->remove(*this);
  when_ = when;
  timers_->add(*this);
}

void Timer::cancel() noexcept {
  if (active()) timers_->remove(*this);
}

void Timers::place(std::size_t index, Entry entry) noexcept {
  heap_[index] = entry;
  entry.timer->index_ = index;
}

void Timers::sift_up(std::size_t index) noexcept {
  const Entry entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent].when <= entry.when) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void Timers::sift_down(std::size_t index) noexcept {
  const Entry entry = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
    if (entry.when <= heap_[child].when) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

void Timers::add(Timer& timer) {
  heap_.push_back({timer.when_, &timer});
  sift_up(heap_.size() - 1);
  if (timer.index_ == 0) arm(timer.when_);
}

void Timers::remove(Timer& timer) noexcept {
  const std::size_t index = std::exchange(timer.index_, Timer::none);
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer == &timer) return;
  heap_[index] = last;
  sift_up(index);
  sift_down(last.timer->index_);
}

void Timers::fire() {
  const SteadyTime until = now();
  // At most as many as stood here at the start: one that restarts itself for "now" cannot keep the loop busy.
  for (std::size_t rounds = heap_.size(); rounds > 0 && !heap_.empty() && earliest() <= until; --rounds) {
    Timer& timer = *heap_.front().timer;
    remove(timer);
    auto action = std::move(timer.fire_);  // the timer may be gone once this runs
    action();
  }
  if (!heap_.empty()) arm(earliest());
}

}  // namespace sallyport::task
