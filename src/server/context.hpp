// What a running tool can ask and tell: log messages, progress, cancellation, who calls.
#pragma once

#include "protocol/log_level.hpp"
#include "server/json.hpp"
#include "task/task.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

using protocol::LogLevel;

namespace server {
class Running;
}

// Lives as long as its call. Everything here is for the thread that the tool was called on.
class Context {
 public:
  explicit Context(server::Running& call) noexcept : call_(&call) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // A log message to the client, if it wants messages of this level. `data`: a text, or any JSON.
  void log(LogLevel level, const Json& data, std::string_view logger = {});
  void debug(const Json& data) { log(LogLevel::debug, data); }
  void info(const Json& data) { log(LogLevel::info, data); }
  void warning(const Json& data) { log(LogLevel::warning, data); }
  void error(const Json& data) { log(LogLevel::error, data); }

  // How far the call has come, if the client asked to be told. Only steps forward are told.
  void progress(double done, std::optional<double> total = {}, std::string_view message = {});

  // Did the client give up, or did the time for the call end? Waits end by themselves then; a loop asks.
  bool cancelled() const noexcept;
  Task<void> sleep(std::chrono::milliseconds time);

  // Who calls ("anonymous" without authentication), and from where (an IP address, or "stdio").
  std::string_view caller() const noexcept;
  std::string_view source() const noexcept;
  // The members of params._meta that the client sent; null without any.
  Json meta() const;
  // Names this call in logs and in what its failure says.
  std::string correlation_id() const;

 private:
  server::Running* call_;
};

}  // namespace sallyport
