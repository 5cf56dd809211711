// One request on its way through the gateway, and what comes back: the types that every layer speaks.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "net/budget.hpp"
#include "protocol/client_capabilities.hpp"
#include "protocol/failure.hpp"
#include "protocol/mcp_headers.hpp"
#include "protocol/message.hpp"
#include "session/client.hpp"
#include "session/request_state.hpp"
#include "task/recycled.hpp"
#include "task/task.hpp"
#include "telemetry/trace_context.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::upstream {
class Server;
struct Tool;
}  // namespace sallyport::upstream

namespace sallyport::pipeline {

class QuestionSink;
class Round;
class TaskSink;

// What a token says of whoever shows it, beside the name.
struct Grant {
  std::vector<std::string> scopes;
  std::string claims;  // a JSON object, or empty
};

// Who calls. Without authentication there is one principal, and the address it came from.
struct Principal {
  std::string name = "anonymous";
  std::string source;  // an IP address, or "stdio"
  bool is_anonymous() const { return name == "anonymous"; }
  bool trusted = false;                          // `auth.trusted`: its traces go on in ours
  std::shared_ptr<const Grant> grant = nullptr;  // null: nobody asked for a token
};

// Takes the notifications of a call on their way to its caller. Bounded: what does not fit is dropped.
class EventSink {
 public:
  virtual void notify(std::string_view message) = 0;  // one JSON-RPC notification without line breaks
  // One JSON-RPC request to the client, which must not be lost. The answer comes to the client's Questions.
  virtual void request(std::string_view message) { notify(message); }
  // Closes the caller's connection, if he can come back for what follows on another one.
  virtual void release() {}

 protected:
  ~EventSink() = default;
};

// What an upstream said, as its bytes and the places of what we read in them: a result or a JSON-RPC error.
struct Answer : task::Recycled {
  std::string bytes;
  protocol::Message message;
  net::Budget::Charge charge;
  protocol::Method method = protocol::Method::tools_call;  // that it answers
  std::optional<Code> degraded;                            // RECOVERY_…: it came in another way than usual
};

// A result of our own; shared, so that a list that was rendered once is sent to many.
struct Local {
  std::shared_ptr<const std::string> result;
  std::optional<Code> degraded = {};  // as of an answer
};

// A failure as the render layer leaves it: nothing above it sees an Error that it could forget to render.
struct Failed {
  Failed(Error what, protocol::CanonicalFailure told)
      : error(std::move(what)),
        failure(std::make_shared<const protocol::CanonicalFailure>(std::move(told))) {}

  Error error;
  std::shared_ptr<const protocol::CanonicalFailure> failure;  // apart, for every layer has room for a reply
};

using Reply = std::variant<std::unique_ptr<Answer>, Local, Failed>;

// The time that a call has. Layers that know more shorten or lengthen it.
class CallTimer {
 public:
  virtual void set_limit(std::chrono::milliseconds total) = 0;  // from the start of the call
  virtual SteadyTime ends() const = 0;
  virtual std::chrono::milliseconds given() const = 0;  // from the start to the end
  virtual void
  progressed() = 0;  // the upstream works on it: the limit starts anew, up to `timeouts.tool_max`

 protected:
  ~CallTimer() = default;
};

struct Call {
  // What was asked. The bytes and the message outlive the call.
  std::string_view bytes;
  const protocol::Message* message = nullptr;
  protocol::Revision revision = protocol::latest_legacy;
  std::string_view endpoint;  // the key of one server, or empty: all
  const Principal* principal = nullptr;
  session::Client* client =
      nullptr;               // who hears more than answers: a legacy session, a stdio connection, a listen
  std::string_view session;  // the tag of its session, for logs; empty without one
  std::optional<std::span<const protocol::HeaderView>>
      param_headers;            // Mcp-Param-*, where the transport has headers
  EventSink* events = nullptr;  // null: the caller cannot take notifications
  CorrelationId correlation = CorrelationId::make();
  SteadyTime started{};

  session::LogDemand* log_demand = nullptr;
  session::LogDemand::Wish log_wish;            // of a modern request, which has no other
  std::optional<protocol::LogLevel> log_level;  // the least important log message its caller takes
  std::optional<protocol::LogLevel> log_asked;  // what its server is asked for

  std::shared_ptr<const void> graph;  // the layers that it passes, for a call that outlives its request

  // What the layers found out.
  CallTimer* timer = nullptr;
  std::shared_ptr<upstream::Server> server;
  std::shared_ptr<const upstream::Tool> tool;
  std::string_view shown_name;  // the tool's name as the caller used it, once it is known to be of its view
  std::string own_name;         // of a prompt, the URI of a resource: as its server calls it
  bool idempotent = false;
  // The server that is to stand in for the one that failed, and the tool's own name: views that outlive it.
  struct StandIn {
    std::string_view server;
    std::string_view tool;
  } stand_in;
  // What its server may be told that the caller can be asked for: as far as the caller can, and the operator
  // lets it. And as far as it can be asked during this call.
  protocol::ClientCapabilities declares;
  protocol::ClientCapabilities askable;
  // What a modern client came back with, if it opened; and the round that this one only repeats.
  const session::RequestState* round = nullptr;
  Round* repeated = nullptr;
  std::string answers;  // to a modern server: the raw members of params that it gets with the call
  QuestionSink* questions = nullptr;  // of a legacy one; null: it may ask nothing
  // Of a tool's call: `params.task` for a server of 2025-11-25, raw; may a modern server give a task?
  std::string_view task;
  bool takes_task = false;
  std::weak_ptr<TaskSink> task_sink;  // who hears what its server tells of the task that it becomes
  int hops = 1;
  int attempts = 0;                                // requests to a server on its behalf
  std::optional<protocol::RecoveryNote> recovery;  // what was done about a failure: recovered.hpp
  telemetry::Trace trace;                          // empty unless spans are wanted

  protocol::Method method() const { return message->method(); }
};

// Answers calls. A layer is a service that holds the next one.
class Service {
 public:
  virtual ~Service() = default;
  virtual Task<Reply> call(Call& call) = 0;
};

// For a layer that only checks: it then returns the next one's task as its own, without a coroutine of its
// own.
inline Task<Reply> refuse(Error error) {
  co_return Failure(std::move(error));
}

class Layer : public Service {
 public:
  explicit Layer(std::unique_ptr<Service> next) noexcept : next_(std::move(next)) {}

 protected:
  Service& next() noexcept { return *next_; }

 private:
  std::unique_ptr<Service> next_;
};

}  // namespace sallyport::pipeline
