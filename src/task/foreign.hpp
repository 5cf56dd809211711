// Who knows what the exceptions are that leave coroutines: the author's adapters, by way of the server.
#pragma once

#include "errors/error.hpp"

#include <exception>
#include <functional>
#include <optional>

namespace sallyport::task {

// While it lives, it is asked about every exception that leaves a coroutine of this thread and is none of
// ours; nothing: it is taken for a mistake (SYS_001). The youngest counts. `ask` must not throw.
class ForeignExceptions {
 public:
  using Ask = std::function<std::optional<Error>(const std::exception_ptr&)>;

  explicit ForeignExceptions(Ask ask);
  ~ForeignExceptions();
  ForeignExceptions(const ForeignExceptions&) = delete;
  ForeignExceptions& operator=(const ForeignExceptions&) = delete;

  static std::optional<Error> recognise(const std::exception_ptr& exception) noexcept;

 private:
  Ask ask_;
  ForeignExceptions* elder_;
};

}  // namespace sallyport::task
