// A live, initialised connection to one upstream: what stdio and HTTP have in common.
#pragma once

#include "client/target.hpp"
#include "net/budget.hpp"
#include "pipeline/call.hpp"
#include "pipeline/questions.hpp"
#include "pipeline/task_sink.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/lists.hpp"
#include "protocol/log_level.hpp"
#include "protocol/mcp_headers.hpp"
#include "protocol/method.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::client {

// A request to an upstream. Names and arguments are the upstream's own; the id, the envelope and the headers
// are made by the channel for its revision.
struct Outgoing {
  protocol::Method method = protocol::Method::ping;
  std::string_view name;       // of the tool or prompt, or the URI: plain text
  std::string_view arguments;  // raw, or empty
  std::string_view cursor;     // raw, or empty
  std::string_view params;     // of other methods: the raw members of params, without braces
  // Modern servers: what the caller can be asked for, a raw object, and what it answered, raw members of
  // params.
  std::string_view capabilities = "{}";
  std::string_view answers;
  std::string_view task;  // legacy servers: `params.task` of a tool's call, raw; empty: none
  std::weak_ptr<pipeline::TaskSink> task_sink;  // and who hears of the task that it is answered with
  std::span<const protocol::ParamHeader> param_headers;
  std::string_view traceparent;
  std::string_view tracestate;
  int hops = 0;
  pipeline::EventSink* events = nullptr;        // for progress
  pipeline::QuestionSink* questions = nullptr;  // for what a legacy server asks during it; null: nothing
  std::string_view progress_token;              // the caller's own, raw; empty: it asked for none
  std::optional<protocol::LogLevel> log_level;  // the least important message its caller takes; none: no logs
  std::optional<protocol::LogLevel> log_asked;  // what a modern server is asked for
  std::optional<protocol::LogLevel>
      log_wanted;                        // what a legacy server's connection is told, if it is not yet
  pipeline::CallTimer* timer = nullptr;  // of the call; null: nobody limits it there
  std::string_view caller;               // on whose behalf; the server is not told
  bool repeatable = false;               // may this request be sent again though it may have run?
};

// What a channel tells its server.
class ChannelOwner {
 public:
  virtual void channel_lost(const Error& error) = 0;  // the connection or process ended; at most once
  virtual void list_changed(protocol::Topic topic) = 0;
  virtual void garbage(
      std::string_view kind) = 0;  // something arrived that is not MCP; a fixed word says what
  virtual void late_answer() = 0;  // an answer to nothing that is asked any more
  virtual void resource_updated(std::string_view uri) = 0;
  virtual void session_renewed() = 0;  // what the server was told besides requests it knows no more
  virtual void task_changed(std::string_view) {}  // notifications/tasks/status: its params, raw
  // A modern server will tell of these tasks, or has told of one.
  virtual void tasks_granted(const std::vector<std::string>&) {}
  virtual void task_news(std::string_view) {}
  virtual void fault_injected(Fault) {}

 protected:
  ~ChannelOwner() = default;
};

// What a channel over HTTP needs; all of it outlives the channel.
struct HttpEnvironment {
  task::Loop& loop;
  const Target& target;
  const Settings& settings;
  net::Budget& budget;
  ChannelOwner& owner;
  protocol::ClientCapabilities declares = {};  // a legacy server is told that its callers can do
};

// What a modern server is asked to tell of its own accord, beside changes of its lists.
struct Wanted {
  std::vector<std::string> uris = {};
  std::vector<std::string> tasks = {};
};

class Channel : public pipeline::ResponseSink, public std::enable_shared_from_this<Channel> {
 public:
  virtual ~Channel() = default;
  virtual protocol::Revision revision() const noexcept = 0;
  // What the server announced; all, if a modern one did not say.
  virtual const protocol::ServerCapabilities& capabilities() const noexcept = 0;

  // Ends with the upstream's answer (a JSON-RPC error is one too) or an error that says whether the request
  // may have run. Cancelling the caller's scope tells the upstream.
  virtual Task<std::unique_ptr<pipeline::Answer>> request(const Outgoing& outgoing) = 0;

  // Modern: all that is wanted from now on.
  virtual void listen_to(Wanted wanted) = 0;

  // Ends the connection in good order; what is under way ends with an error. For a process: until nothing of
  // it is left.
  virtual Task<void> close() = 0;
};

}  // namespace sallyport::client
