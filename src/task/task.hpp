// Task<T>: a lazy coroutine that ends with a Result<T>. No Asio here, so that a tool author's code can use it
// too.
#pragma once

#include "errors/result.hpp"
#include "task/scope.hpp"

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace sallyport::task {

template <class T>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> continuation;
  Scope* scope = nullptr;

  // Frames are recycled per thread: a call allocates a handful, always of the same few sizes.
  static void* operator new(std::size_t size);
  static void operator delete(void* frame, std::size_t size) noexcept;

  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().continuation;
    }
    void await_resume() const noexcept {}
  };
  Final final_suspend() const noexcept { return {}; }
};

// The error for an exception that left a coroutine: a throwing library that nobody caught. Its text is kept
// for developers only.
Error error_of_exception(std::exception_ptr exception) noexcept;

template <class T>
struct Promise : PromiseBase {
  std::optional<Result<T>> result;

  Task<T> get_return_object() noexcept;
  void unhandled_exception() noexcept { result.emplace(fail(error_of_exception(std::current_exception()))); }

  template <class U>
    requires std::constructible_from<Result<T>, U&&>
  void return_value(U&& value) {
    result.emplace(std::forward<U>(value));
  }
};

}  // namespace detail

// Starts when it is awaited, in the scope of whoever awaits it; ends with a Result. An exception that escapes
// the body becomes SYS_001 (SYS_002 for bad_alloc). Awaited once. Dropping a Task that never ran frees it;
// dropping one that is suspended is a bug.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Runs in `scope` instead of the awaiter's.
  Task&& in(Scope& scope) && noexcept {
    handle_.promise().scope = &scope;
    return std::move(*this);
  }

  bool await_ready() const noexcept { return false; }
  template <class Parent>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Parent> parent) noexcept {
    promise_type& promise = handle_.promise();
    promise.continuation = parent;
    if (!promise.scope) promise.scope = parent.promise().scope;
    return handle_;
  }
  Result<T> await_resume() { return std::move(*handle_.promise().result); }

 private:
  friend promise_type;
  explicit Task(Handle handle) noexcept : handle_(handle) {}

  Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

// `Scope& scope = co_await current_scope();`
struct current_scope {
  Scope* scope = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    scope = self.promise().scope;
    return false;
  }
  Scope& await_resume() const noexcept { return *scope; }
};

// Result<void> is returned as `co_return ok();`: a promise cannot have both return_void and return_value.
inline Result<void> ok() noexcept {
  return {};
}

}  // namespace sallyport::task

namespace sallyport {
using task::ok;
using task::Task;
}  // namespace sallyport
