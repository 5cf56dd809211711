// A value or an Error, and the macros that leave with the error.
#pragma once

#include "errors/error.hpp"

#include <expected>
#include <utility>

namespace sallyport {

template <class T = void>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

// `return fail(Error(Code::…).with_…);`
inline Failure fail(Error error) {
  return Failure(std::move(error));
}

namespace detail {
template <class T>
T take(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
}  // namespace detail

}  // namespace sallyport

// TRY(expr): the value of a Result, or leave the function with its error. CO_TRY: the same in a coroutine,
// where expr is usually `co_await something()`. Statement expressions; never inside `new`.
#define TRY(...)                                                        \
  ({                                                                    \
    auto sallyport_result = (__VA_ARGS__);                              \
    if (!sallyport_result) [[unlikely]]                                 \
      return ::sallyport::Failure(std::move(sallyport_result).error()); \
    ::sallyport::detail::take(std::move(sallyport_result));             \
  })
#define CO_TRY(...)                                                        \
  ({                                                                       \
    auto sallyport_result = (__VA_ARGS__);                                 \
    if (!sallyport_result) [[unlikely]]                                    \
      co_return ::sallyport::Failure(std::move(sallyport_result).error()); \
    ::sallyport::detail::take(std::move(sallyport_result));                \
  })
