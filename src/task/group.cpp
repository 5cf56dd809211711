#include "task/group.hpp"

#include <cassert>

namespace sallyport::task {

// The outermost coroutine of a spawned task: starts at once, frees itself at its end.
struct Group::Runner {
  struct promise_type {
    Scope* scope = nullptr;
    Runner get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }  // a Task lets no exception out
  };
};

Group::Runner Group::run(Group& group, Task<void> task) {
  Root root;
  group.roots_.push_back(root);
  Result<void> result = co_await std::move(task).in(root.scope);
  group.ended(root, result);
}

Group::Group(Loop& loop, std::function<void(const Error&)> on_failure)
    : loop_(&loop), on_failure_(std::move(on_failure)), emptied_(loop) {}

Group::~Group() {
  assert(roots_.empty());
}

void Group::spawn(Task<void> task) {
  run(*this, std::move(task));
}

void Group::ended(Root& root, const Result<void>& result) noexcept {
  roots_.erase(Roots::s_iterator_to(root));
  if (!result && result.error().code() != Code::proto_cancelled && on_failure_) on_failure_(result.error());
  if (roots_.empty()) emptied_.set();
}

void Group::cancel(CancelReason reason) noexcept {
  // A cancelled task may end at once, and end or start others as it goes: those done are kept in front, no
  // iterator is held.
  while (!roots_.empty() && !roots_.back().cancelled) {
    Root& root = roots_.back();
    root.cancelled = true;
    roots_.splice(roots_.begin(), roots_, Roots::s_iterator_to(root));
    root.scope.cancel(reason);
  }
}

Task<void> Group::join() {
  while (!roots_.empty()) CO_TRY(co_await emptied_.wait());
  co_return ok();
}

}  // namespace sallyport::task
