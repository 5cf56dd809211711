// The base of every exception class: an Error that can be thrown, with each field that any class has.
#pragma once

#include "errors/authored.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

// Everything is read from the Error that it carries, so that `error()` and `from_error` lose nothing.
// Copying cannot fail. Moving copies: there is no empty state.
class TypedError : public std::exception {
 public:
  TypedError(const TypedError&) noexcept = default;
  TypedError& operator=(const TypedError&) noexcept = default;

  const Error& error() const noexcept { return error_; }
  ErrorClass error_class() const noexcept { return error_.authored()->error_class; }
  std::string_view class_name() const noexcept { return name(error_class()); }

  // For the agent; safe to show. Never prefixed.
  const std::string& message() const noexcept { return error_.authored()->message; }
  // For the log: the message with its prefix, or what the gateway's classes show a user.
  const char* what() const noexcept override { return shown_->c_str(); }
  std::string_view developer_message() const noexcept { return error_.developer_message(); }  // empty: none

  Kind kind() const noexcept { return error_.kind(); }
  bool can_retry() const noexcept { return error_.can_retry(); }
  std::optional<int> status_code() const noexcept { return error_.status_code(); }
  std::optional<std::int64_t> retry_after_ms() const noexcept;
  const std::string& additional_prompt_content() const noexcept {  // empty: none
    return error_.authored()->additional_prompt_content;
  }
  std::span<const Extra> extra() const noexcept { return error_.extras(); }

  // The chain of causes, a line each with the place where it arose; nothing for an error without one.
  std::optional<std::string> stacktrace() const;
  const Error* cause() const noexcept { return error_.cause(); }
  // What made us raise this: another Error, or whatever was caught. Call it before `throw`.
  void caused_by(Error cause);
  void caused_by(const std::exception& cause);

  // Exactly one holds for a kind; none for UNKNOWN.
  bool is_toolkit_error() const noexcept { return sallyport::is_toolkit_error(kind()); }
  bool is_tool_error() const noexcept { return sallyport::is_tool_error(kind()); }
  bool is_upstream_error() const noexcept { return sallyport::is_upstream_error(kind()); }
  bool is_network_transport_error() const noexcept { return sallyport::is_network_transport_error(kind()); }
  bool is_gateway_error() const noexcept { return sallyport::is_gateway_error(kind()); }

 protected:
  // The error has its Authored.
  explicit TypedError(Error error);

  // Names the tool or toolkit in the prefix of `what()` and of the developer message. Only the first call
  // does: no message is prefixed twice.
  void set_context(std::string_view name);

 private:
  void show();

  Error error_;
  std::shared_ptr<const std::string> shown_;
};

namespace detail {

// The key to the constructors that adopt an Error whole: only for from_error and the classes themselves.
struct Adopt {};

// The error as one of that class: as it was raised, or with its message made from the catalogue. Throws
// std::invalid_argument for an error that the class does not stand for.
Error adopted(Error error, ErrorClass error_class);

}  // namespace detail

// May this error be of that class? It was raised as it (or one derived from it), or nobody raised it and its
// kind and status keep what the class promises.
bool fits(const Error& error, ErrorClass error_class) noexcept;

// Throws std::invalid_argument unless it fits.
template <class T>
T from_error(Error error) {
  return T(detail::Adopt{}, detail::adopted(std::move(error), T::class_id));
}

// Throws it as the class that class_of says, so that `catch` finds it.
[[noreturn]] void throw_error(const Error& error);

// The extra in which an error that was made of a foreign exception keeps that exception's type.
inline constexpr std::string_view exception_type_key = "exception_type";

// Whatever was caught, as an Error: one of ours gives its own; of others only type and text are known.
Error error_of(const std::exception& caught);

}  // namespace sallyport
