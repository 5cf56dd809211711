// What a running tool can ask and tell: log messages, progress, cancellation, who calls.
#pragma once

#include "base/secret.hpp"
#include "protocol/log_level.hpp"
#include "server/asking.hpp"
#include "server/json.hpp"
#include "task/task.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  // When it ends, if it has not by then: by the time limit of the tool, or of one that called it. Nothing
  // without a limit.
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept;
  Task<void> sleep(std::chrono::milliseconds time);

  // ---- What is asked of the client's side. A client of the legacy eras is sent a request within the call;
  // one of the modern era gets the question as the outcome of its request, and the function goes on when it
  // comes back with the answer. Either way the function runs once. What a client did not declare it is not
  // asked: PROTO_006. Only coroutines can ask.

  bool can(Capability capability) const;
  // All at once; the results stand in the order of the questions, and are what the protocol says of each.
  Task<std::vector<Json>> ask(std::vector<Question> questions);

  Task<Elicited> elicit(std::string_view key, std::string_view message, const Json& schema);
  // A form with the members of a struct. What the user's client made of it is checked like arguments.
  template <Described T>
  Task<ElicitedAs<T>> elicit(std::string_view key, std::string_view message) {
    const Json schema = detail::form_schema(detail::Codec<T>::schema());
    Elicited said = CO_TRY(co_await elicit(key, message, schema));
    ElicitedAs<T> made{said.action, {}};
    if (said.accepted()) {
      T content{};
      if (const auto found = detail::Codec<T>::read(said.content.text(), content))
        co_return Failure(detail::misfit_error(*found));
      made.content = std::move(content);
    }
    co_return made;
  }
  Task<Elicited> elicit_page(std::string_view key, std::string_view message, std::string_view url);
  Task<Sampled> sample(std::string_view key, SampleRequest request);
  Task<Sampled> sample(std::string_view key, std::string_view prompt, int max_tokens = 1000);
  Task<std::vector<Root>> roots();

  // ---- Other tools of this server, hidden ones too. The same checks, middleware, secrets and time limits as
  // for a client's call; cancelled and timed with the call that it is made for. A failure is what a client
  // would be told; give it on, or make something else of it. At most eight deep. Only coroutines can call.
  Task<ToolResult> call(std::string_view tool, const Json& arguments = Json::object());

  // A secret that the tool declared (Tool::secret): it is there, or the function would not run. Throws
  // FatalToolError for another one.
  const Secret& secret(std::string_view name) const;

  // Closes the connection of a client that can come back for what follows (2025-11-25), so that nobody holds
  // one through a long call. The call goes on.
  void release_connection();

  // From here on the call goes on as a task, for a client that takes one: it gets the handle as its answer,
  // now, and comes for the result later. What was asked before was asked within the call. For tools with
  // TaskStart::when_told; a function that ends without it answers its call, and so does one whose client
  // takes no tasks.
  void become_task();

  // Who calls ("anonymous" without authentication), and from where (an IP address, or "stdio").
  std::string_view caller() const noexcept;
  std::string_view source() const noexcept;
  // Does the caller's token grant this scope? Never without Server::authenticate.
  bool has_scope(std::string_view name) const noexcept;
  // What that function found the token to say of the caller; null if nothing.
  Json claims() const;
  // The members of params._meta that the client sent; null without any.
  Json meta() const;
  // Names this call in logs and in what its failure says.
  std::string correlation_id() const;
  // The W3C `traceparent` to send along with what the function asks of others, so that their spans stand
  // below its own. Empty unless the server has a collector (--otlp).
  std::string traceparent() const;

 private:
  server::Running* call_;
};

}  // namespace sallyport
